// Workers AI's embeddings: no usage, and a schema that knows the texts and how they are pooled.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { decode, unknownKey } from "#simulator/wire/check";
import type { Play, Seat } from "#simulator/wire/wire";
import { badInput, typeMismatch, unknownProperty } from "#simulator/wire/workers-ai/errors";
import { dimensionsOf, embeddingPlay, vectorFor } from "./play";

const MAX_INPUTS = 100;

const Text = v.pipe(v.string(), v.minLength(1));
const BodySchema = v.looseObject({
	text: v.union([Text, v.array(Text)]),
	pooling: v.exactOptional(v.picklist(["mean", "cls"])),
});
const KEYS = new Set(Object.keys(BodySchema.entries));

export function readEmbeddings(raw: JsonObject, seat: Seat): Play {
	const body = decode(BodySchema, raw, typeMismatch);
	const key = unknownKey(body, KEYS);
	if (key !== undefined) throw unknownProperty(`/${key}`);
	const texts = typeof body.text === "string" ? [body.text] : body.text;
	if (texts.length === 0 || texts.length > MAX_INPUTS)
		throw badInput(`Length of '/text' must be >= 1 and <= ${MAX_INPUTS}`);
	const dimensions = dimensionsOf(seat);
	return embeddingPlay(
		texts,
		(text) => vectorFor(text, seat, dimensions, true),
		(vectors) => ({
			shape: [vectors.length, dimensions],
			data: vectors.map((vector) => [...vector]),
			pooling: body.pooling ?? "cls",
		}),
	);
}
