/** Parses a request for a rerank into the canonical one. */
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import type { RerankRequest } from "#core/rerank/rerank";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { extensionsOf, preferenceOf, STANDALONE_FIELDS, withoutNulls } from "#faces/standalone-fields";
import { isObject, type JsonObject } from "#lib/json";

/** As many as Cohere takes. */
const MAX_DOCUMENTS = 1_000;
/**
 * The longest query, and the longest text of another field, in UTF-16 units: a model reads them anew with each
 * document, and so are they counted.
 */
const MAX_QUERY_LENGTH = 32_768;

const Document = v.union(
	[v.string(), v.looseObject({ text: v.string() })],
	"must be a string or an object with `text`",
);
const FIELDS = {
	...STANDALONE_FIELDS,
	query: v.pipe(
		v.string(),
		v.nonEmpty("must not be empty"),
		v.maxLength(MAX_QUERY_LENGTH, `must have at most ${MAX_QUERY_LENGTH} characters`),
	),
	documents: v.pipe(
		v.array(Document),
		v.nonEmpty("must not be empty"),
		v.maxLength(MAX_DOCUMENTS, `must have at most ${MAX_DOCUMENTS} entries`),
	),
	top_n: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
	return_documents: v.exactOptional(v.boolean()),
};
/** Fields that the gateway reads; everything else is kept. */
export const RequestSchema = v.looseObject(FIELDS);
const KNOWN: ReadonlySet<string> = new Set(Object.keys(FIELDS));

/** The documents that the answer repeats, as the caller gave them; null where it does not want them. */
export type RepeatedDocuments = readonly JsonObject[] | null;

/** Parses a body into the canonical request. Throws `GatewayError` 400 naming the offending field. */
export function parseRerank(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
): Parsed<RerankRequest, RepeatedDocuments> {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const result = v.safeParse(RequestSchema, withoutNulls(body), { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const wire = result.output;
	const given = wire.documents.map((each) => (typeof each === "string" ? { text: each } : each));
	const empty = given.findIndex(({ text }) => text === "");
	if (empty >= 0) throw invalidRequest(`\`documents[${empty}]\` must not be empty`, `documents[${empty}]`);
	const rest = extensionsOf(wire, KNOWN, providerNamed);
	for (const fields of [rest.extensions, ...Object.values(rest.providerExtensions)]) checkLengths(fields);
	return {
		request: {
			stream: false,
			query: wire.query,
			documents: given.map(({ text }) => text),
			top: Math.min(wire.top_n ?? given.length, given.length),
			...(wire.user !== undefined && { user: wire.user }),
			...rest,
		},
		preference: preferenceOf(wire),
		// They come from parsed JSON.
		style: wire.return_documents === true ? (given as JsonObject[]) : null,
		relays: false,
	};
}

function checkLengths(fields: JsonObject): void {
	for (const [name, value] of Object.entries(fields)) {
		if (typeof value === "string" && value.length > MAX_QUERY_LENGTH)
			throw invalidRequest(`\`${name}\` must have at most ${MAX_QUERY_LENGTH} characters`, name);
	}
}
