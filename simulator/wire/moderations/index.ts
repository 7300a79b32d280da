// OpenAI's moderations, and those of servers that are compatible: they object to texts by words that stand in them.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { isBuiltIn } from "#simulator/model/models";
import { countTokens } from "#simulator/model/tokens";
import { decode, type Problem, unknownKey } from "#simulator/wire/check";
import { SILENT } from "#simulator/wire/embeddings/play";
import { openaiCompatible } from "#simulator/wire/openai-chat/compatible";
import { openaiChat } from "#simulator/wire/vendors/openai";
import { openaiMalformed, unknownParameter } from "#simulator/wire/vendors/openai-errors";
import type { Play, Seat, Wire } from "#simulator/wire/wire";

const Text = v.pipe(v.string(), v.minLength(1));
const TextPart = v.strictObject({ type: v.literal("text"), text: Text });
const ImagePart = v.strictObject({ type: v.literal("image_url"), image_url: v.strictObject({ url: Text }) });
const Parts = v.pipe(v.array(v.variant("type", [TextPart, ImagePart])), v.minLength(1));
const BodySchema = v.looseObject({
	model: v.string(),
	input: v.union([Text, v.pipe(v.array(Text), v.minLength(1)), Parts]),
});
const KEYS = new Set(Object.keys(BodySchema.entries));
type Part = v.InferOutput<typeof Parts>[number];

/** OpenAI's categories: the words that each objects to, and whether it looks at pictures too. */
const CATEGORIES: Readonly<Record<string, readonly [words: RegExp | null, sees: boolean]>> = {
	harassment: [/\b(?:idiot|loser)\b/i, false],
	"harassment/threatening": [null, false],
	hate: [/\bhate all\b/i, false],
	"hate/threatening": [null, false],
	illicit: [/\b(?:launder|counterfeit)\b/i, false],
	"illicit/violent": [null, false],
	"self-harm": [/\bhurt myself\b/i, true],
	"self-harm/intent": [null, true],
	"self-harm/instructions": [null, true],
	sexual: [null, true],
	"sexual/minors": [null, false],
	violence: [/\b(?:kill|stab)\b/i, true],
	"violence/graphic": [null, true],
};

/** Tokens that a picture counts. */
const PER_IMAGE = 85;
const OBJECTIONABLE = 0.97;
const HARMLESS = 0.0001;

function judged(parts: readonly Part[]): JsonObject {
	const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("\n");
	const kinds = new Set(parts.map(({ type }) => (type === "text" ? "text" : "image")));
	const rows = Object.entries(CATEGORIES).map(([name, [words, sees]]) => {
		const applied = [...kinds].filter((kind) => kind === "text" || sees);
		return { name, isMet: words?.test(text) === true, applied };
	});
	return {
		flagged: rows.some(({ isMet }) => isMet),
		categories: Object.fromEntries(rows.map(({ name, isMet }) => [name, isMet])),
		category_scores: Object.fromEntries(rows.map(({ name, isMet }) => [name, isMet ? OBJECTIONABLE : HARMLESS])),
		category_applied_input_types: Object.fromEntries(rows.map(({ name, applied }) => [name, applied])),
	};
}

function inputsOf(input: v.InferOutput<typeof BodySchema>["input"]): readonly (readonly Part[])[] {
	const texts = typeof input === "string" ? [input] : input;
	const isTexts = texts.every((each) => typeof each === "string");
	return isTexts ? texts.map((text) => [{ type: "text", text }]) : [texts as readonly Part[]];
}

function play(body: v.InferOutput<typeof BodySchema>, { id, modelId }: Seat): Play {
	const inputs = inputsOf(body.input);
	const total = inputs
		.flat()
		.reduce((sum, part) => sum + (part.type === "text" ? countTokens(part.text) : PER_IMAGE), 0);
	const write = (results: JsonObject[]) => ({ id: `modr-${id}`, model: modelId, results });
	return {
		question: SILENT,
		input: { total, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0, image: 0, sound: 0 },
		stream: false,
		whole: () => write(inputs.map(judged)),
		nothing: () => write([]),
		frames: () => [],
	};
}

function wireOf(chat: Wire, malformed: (problem: Problem) => never): Wire {
	return {
		...chat,
		read(raw, seat) {
			const body = decode(BodySchema, raw, malformed);
			const isOwn = isBuiltIn(seat.provider);
			const stranger = isOwn ? unknownKey(body, KEYS) : undefined;
			if (stranger !== undefined) throw unknownParameter(stranger);
			if (isOwn && !seat.model.output.includes("moderation")) throw chat.noModel(seat.modelId);
			return play(body, seat);
		},
	};
}

export const openaiModerations: Wire = wireOf(openaiChat, openaiMalformed);
export const compatibleModerations: Wire = wireOf(openaiCompatible, openaiMalformed);
