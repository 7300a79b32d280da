// The codec of moderations at Workers AI: Llama Guard, a model that writes whether a text is safe and which hazards it
// has, translated to OpenAI's categories.
import type { Model } from "#catalog/model";
import { unsupportedParameter } from "#core/errors";
import type { Judgement, Moderation, ModerationPart, ModerationRequest } from "#core/moderation/moderation";
import { isObject, type JsonObject } from "#lib/json";
import type { CallPart, ModerationsCodec, UpstreamCall } from "#providers/adapter";
import { noStream } from "#providers/shared/embeddings";
import { empty, malformed } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";
import { answerWithin } from "./answer";
import { classicUsage, responseText } from "./classic-response";

export const workersAiModerations: ModerationsCodec = { encode, decode, decoder: noStream };

/** Room for a verdict with all hazards in one call, in tokens. */
const MAX_VERDICT_TOKENS = 64;
/** The most that the model's own instructions with its list of hazards take around a text, in tokens. */
const MAX_INSTRUCTIONS_TOKENS = 1_024;

/** Llama Guard's hazards: by OpenAI's name where one means the same, else by their own. */
const HAZARDS: Readonly<Record<string, string>> = {
	S1: "violence",
	S2: "illicit",
	S3: "sex-crimes",
	S4: "sexual/minors",
	S5: "defamation",
	S6: "specialized-advice",
	S7: "privacy",
	S8: "intellectual-property",
	S9: "illicit/violent",
	S10: "hate",
	S11: "self-harm",
	S12: "sexual",
	S13: "elections",
	S14: "code-interpreter-abuse",
};
/** OpenAI's categories that Llama Guard does not tell from others. */
const UNJUDGED = [
	...["harassment", "harassment/threatening", "hate/threatening", "self-harm/intent", "self-harm/instructions"],
	"violence/graphic",
];

/** One text a call. Strict schemas refuse unknown fields, so only those meant for Workers AI go out beside. */
function encode(request: ModerationRequest, model: Model): UpstreamCall {
	const { inputs, user } = request;
	const texts = inputs.map((parts) => textOf(parts, model));
	const fieldsOf = (text: string): JsonObject => ({ messages: [{ role: "user", content: text }] });
	const parts = inputs.map(
		(input, at): CallPart => ({
			fields: fieldsOf(texts[at] ?? ""),
			request: { ...request, inputs: [input] } as CallPart["request"],
		}),
	);
	return {
		path: model.id,
		body: {
			...request.providerExtensions[model.provider],
			...fieldsOf(texts[0] ?? ""),
			max_tokens: MAX_VERDICT_TOKENS,
			temperature: 0,
		},
		dropped: [...Object.keys(request.extensions), ...(user === undefined ? [] : ["user"])],
		prompts: texts,
		promptOverhead: MAX_INSTRUCTIONS_TOKENS,
		outputLimit: MAX_VERDICT_TOKENS * texts.length,
		...(parts.length > 1 && { parts }),
	};
}

/** The parts of an input as one text. Throws `GatewayError` for a picture. */
function textOf(parts: readonly ModerationPart[], { id }: Pick<Model, "id">): string {
	const texts = parts.map((part, at) => {
		if (part.type === "text") return part.text;
		throw unsupportedParameter(`input[${at}]`, `\`${id}\` sees no pictures`);
	});
	return texts.join("\n\n");
}

function decode(body: unknown): Moderation {
	const { response, usage } = answerWithin(body);
	const written = responseText(response);
	if (written === null || written === "") throw empty();
	return { results: [judgementOf(hazardsIn(response))], usage: classicUsage(usage), written };
}

/**
 * The codes of the hazards that were found, none of them for an unsafe text whose hazards are not named; null for a
 * safe one. Throws `UpstreamError` for what is no verdict.
 */
function hazardsIn(response: unknown): ReadonlySet<string> | null {
	if (isObject(response)) {
		const { safe, categories } = response;
		if (typeof safe !== "boolean") throw noVerdict();
		if (safe) return null;
		return codesIn(Array.isArray(categories) ? categories.filter(isWord) : []);
	}
	if (typeof response !== "string") throw noVerdict();
	const [, verdict, rest = ""] = /^\s*(safe|unsafe)\b(.*)$/is.exec(response) ?? [];
	if (verdict === undefined) throw noVerdict();
	return verdict.toLowerCase() === "safe" ? null : codesIn([rest]);
}

function noVerdict() {
	return malformed("the answer says neither that the text is safe nor that it is not");
}

function codesIn(texts: readonly string[]): ReadonlySet<string> {
	const codes = new Set<string>();
	for (const text of texts) for (const [code] of text.matchAll(/\bS\d{1,2}\b/gi)) codes.add(code.toUpperCase());
	return codes;
}

/** The model gives no degrees: a score is 1 for what it found, and 0 for what it looked for and did not find. */
function judgementOf(found: ReadonlySet<string> | null): Judgement {
	const codes = new Set([...Object.keys(HAZARDS), ...(found ?? [])]);
	const judged = [...codes].map((code) => [HAZARDS[code] ?? code.toLowerCase(), found?.has(code) === true] as const);
	const unjudged = UNJUDGED.map((name) => [name, null] as const);
	return {
		flagged: found !== null,
		categories: Object.fromEntries([...judged, ...unjudged]),
		category_scores: Object.fromEntries([...judged.map(([name, isMet]) => [name, isMet ? 1 : 0]), ...unjudged]),
		category_applied_input_types: Object.fromEntries([
			...judged.map(([name]) => [name, ["text"]]),
			...UNJUDGED.map((name) => [name, []]),
		]),
	};
}
