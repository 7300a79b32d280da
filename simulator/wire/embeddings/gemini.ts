// Gemini's `batchEmbedContents`: no usage, and vectors that are cut without being brought to a length of one again.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { decode } from "#simulator/wire/check";
import { geminiMalformed, invalid } from "#simulator/wire/gemini/errors";
import { gemini } from "#simulator/wire/gemini/index";
import type { Play, Seat, Wire } from "#simulator/wire/wire";
import { dimensionsOf, embeddingPlay, vectorFor } from "./play";

const MAX_INPUTS = 100;

const TASKS = [
	"RETRIEVAL_QUERY",
	"RETRIEVAL_DOCUMENT",
	"SEMANTIC_SIMILARITY",
	"CLASSIFICATION",
	"CLUSTERING",
	"QUESTION_ANSWERING",
	"FACT_VERIFICATION",
	"CODE_RETRIEVAL_QUERY",
] as const;

const BodySchema = v.strictObject({
	requests: v.array(
		v.strictObject({
			model: v.string(),
			content: v.strictObject({
				parts: v.pipe(v.array(v.strictObject({ text: v.string() })), v.minLength(1)),
				role: v.exactOptional(v.string()),
			}),
			taskType: v.exactOptional(v.picklist(TASKS)),
			title: v.exactOptional(v.string()),
			outputDimensionality: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
		}),
	),
});

function read(raw: JsonObject, seat: Seat): Play {
	const { requests } = decode(BodySchema, raw, geminiMalformed);
	if (!seat.model.output.includes("embedding"))
		throw gemini.failure(
			404,
			`models/${seat.model.id} is not found for API version v1beta, or is not supported for embedContent.`,
		);
	if (requests.length === 0) throw invalid("* BatchEmbedContentsRequest.requests: at least one request is required");
	if (requests.length > MAX_INPUTS)
		throw invalid("* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch");
	const full = dimensionsOf(seat);
	const texts = requests.map(({ model, content, outputDimensionality = full }, at) => {
		if (model !== `models/${seat.modelId}`)
			throw invalid(`* BatchEmbedContentsRequest.requests[${at}].model: unexpected model name format`);
		if (outputDimensionality > full) throw invalid(`outputDimensionality must be at most ${full}`);
		const text = content.parts.map((part) => part.text).join("");
		if (text === "") throw invalid(`* EmbedContentRequest.content: contents is not specified`);
		return text;
	});
	return embeddingPlay(
		texts,
		(text, at) => vectorFor(text, seat, requests[at]?.outputDimensionality ?? full, false),
		(vectors) => ({ embeddings: vectors.map((values) => ({ values: [...values] })) }),
	);
}

export const geminiEmbeddings: Wire = { ...gemini, read };

/** One text by itself. */
export const geminiEmbedding: Wire = {
	...gemini,
	read(raw, seat) {
		const model = `models/${seat.modelId}`;
		const play = read({ requests: [{ model, ...raw }] }, seat);
		return {
			...play,
			whole(answer) {
				const { embeddings } = play.whole(answer);
				return { embedding: Array.isArray(embeddings) ? (embeddings[0] ?? null) : null };
			},
		};
	},
};
