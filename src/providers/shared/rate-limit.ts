/** Reads from the words of a refusal for rate what is limited: the model or the account. */
import type { LimitScope } from "#core/fault";

/** The limit of one model: named, or of all that are free, which leaves those that are paid for. */
const ABOUT_MODEL =
	/\bmodel:? [`'"]?[\w./@:-]*[\d/-]|\blimit reached for [`'"]?[\w./@:-]+[`'"]? (?:in|on)\b|\bfree-models-per-/i;
/** The limit of the whole account. */
const ABOUT_ACCOUNT =
	/\b(?:your|this|the) (?:organi[sz]ation|account|workspace|project|api key|team)\b|\b(?:organi[sz]ation|account|workspace|project)[- ](?:wide|level)\b|\bacross all models\b/i;

/** Undefined when the words say neither. */
export function limitScope(message: string): LimitScope | undefined {
	// What follows the first sentence is advice, such as where the account's limits are raised.
	const sentence = message.split(/\.\s/, 1)[0] ?? "";
	if (ABOUT_MODEL.test(sentence)) return "model";
	return ABOUT_ACCOUNT.test(sentence) ? "account" : undefined;
}
