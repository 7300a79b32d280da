// Workers AI's reranks: no usage, and a schema that knows the query, the contexts and how many are wanted.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { decode, unknownKey } from "#simulator/wire/check";
import type { Play, Seat } from "#simulator/wire/wire";
import { typeMismatch, unknownProperty } from "#simulator/wire/workers-ai/errors";
import { rerankPlay } from "./play";

const Text = v.pipe(v.string(), v.minLength(1));
const BodySchema = v.looseObject({
	query: Text,
	contexts: v.array(v.looseObject({ text: Text })),
	top_k: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
});
const KEYS = new Set(Object.keys(BodySchema.entries));

export function readRerank(raw: JsonObject, seat: Seat): Play {
	const { query, contexts, top_k, ...rest } = decode(BodySchema, raw, typeMismatch);
	const key = unknownKey(rest, KEYS);
	if (key !== undefined) throw unknownProperty(`/${key}`);
	const documents = contexts.map(({ text }) => text);
	return rerankPlay({ query, documents, top: top_k ?? documents.length }, seat, (results) => ({
		response: results.map(({ index, score }) => ({ id: index, score })),
	}));
}
