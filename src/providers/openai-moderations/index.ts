// The codec of OpenAI's moderations, as its imitators speak them too.
import * as v from "valibot";
import type { Model } from "#catalog/model";
import type { Moderation, ModerationPart, ModerationRequest } from "#core/moderation/moderation";
import { isObject, type Json, type JsonObject } from "#lib/json";
import type { ModerationsCodec, UpstreamCall } from "#providers/adapter";
import { errorWithin } from "#providers/openai-chat/errors";
import { chatUsage } from "#providers/openai-chat/usage";
import { noStream } from "#providers/shared/embeddings";
import { empty, malformed } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";

export const openaiModerations: ModerationsCodec = { encode, decode, decoder: noStream };

/** Passed on as it is, but for what no client reads. */
const JudgementSchema = v.object({
	flagged: v.boolean(),
	categories: v.record(v.string(), v.nullable(v.boolean())),
	category_scores: v.record(v.string(), v.nullable(v.number())),
	category_applied_input_types: v.exactOptional(v.record(v.string(), v.nullable(v.array(v.string())))),
});

function encode(request: ModerationRequest, model: Model): UpstreamCall {
	const texts = request.inputs.map(textAlone);
	const body: JsonObject = {
		...request.extensions,
		...request.providerExtensions[model.provider],
		model: model.id,
		input: inputField(request.inputs, texts),
	};
	const dropped = request.user === undefined ? [] : ["user"];
	// Texts are judged one by one; of pictures all of the body says how much there is.
	const prompts = texts.filter((text) => text !== null);
	return { path: "/moderations", body, dropped, ...(prompts.length === texts.length && { prompts }) };
}

/** The text of an input that is nothing else. */
function textAlone([first, ...others]: readonly ModerationPart[]): string | null {
	return first?.type === "text" && others.length === 0 ? first.text : null;
}

/** The parts of one input, or else texts. */
function inputField([parts]: ModerationRequest["inputs"], texts: readonly (string | null)[]): Json {
	const [text] = texts;
	if (texts.length > 1) return [...texts];
	return text ?? ((parts ?? []) as unknown as Json);
}

function decode(body: unknown, { inputs }: ModerationRequest): Moderation {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	const { results, usage, model } = body;
	if (!Array.isArray(results)) throw errorWithin(body) ?? malformed("the answer has no results");
	if (results.length === 0) throw empty();
	if (results.length !== inputs.length)
		throw malformed(`the answer has ${results.length} results for ${inputs.length} inputs`);
	const parsed = v.safeParse(v.array(JudgementSchema), results);
	if (!parsed.success) throw malformed("a result is no judgement by categories");
	return {
		results: parsed.output,
		usage: isObject(usage) ? (chatUsage({ ...usage, completion_tokens: 0 }) ?? null) : null,
		...(isWord(model) && { model }),
	};
}
