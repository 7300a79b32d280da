// What the codecs of reranks share: reading the ranking, and what a model reads.
import type { Ranked, RerankRequest } from "#core/rerank/rerank";
import { isObject, type JsonObject } from "#lib/json";
import { empty, malformed } from "./faults";

/**
 * The ranking that a provider's list makes, the most relevant first, as many as were wanted. `fields` names the place
 * and the score in an entry. Throws `UpstreamError`.
 */
export function rankingOf(
	{ documents, top }: RerankRequest,
	found: readonly unknown[],
	fields: { readonly index: string; readonly score: string },
): readonly Ranked[] {
	if (found.length === 0) throw empty();
	if (found.length < top) throw malformed(`the answer ranks ${found.length} documents instead of ${top}`);
	const met = new Set<number>();
	const results = found.map((entry) => {
		if (!isObject(entry)) throw malformed("a result is not an object");
		const { [fields.index]: index, [fields.score]: score } = entry;
		if (typeof index !== "number" || !(index in documents) || met.has(index))
			throw malformed("the results have no usable index");
		if (typeof score !== "number" || !Number.isFinite(score)) throw malformed("a result has no score");
		met.add(index);
		return { index, score };
	});
	return results.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, top);
}

/** All that a model reads: the query and the texts of other fields, such as an instruction, anew with each document. */
export function readTexts({ query, documents }: RerankRequest, others: JsonObject): readonly string[] {
	const again = [query, ...Object.values(others).filter((value) => typeof value === "string")];
	return documents.flatMap((document) => [document, ...again]);
}
