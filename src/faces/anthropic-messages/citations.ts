// Writes the pages that an answer cites as Anthropic's citations.
import { isObject } from "#lib/json";

/** Citations of the web. Anthropic's own have an index that only it can read, which no answer of another vendor has. */
export function citationsOf(annotations: readonly unknown[]): Record<string, unknown>[] {
	return annotations.flatMap((annotation) => {
		const cited = isObject(annotation) ? annotation.url_citation : undefined;
		if (!isObject(cited) || typeof cited.url !== "string") return [];
		const { url, title, content } = cited;
		return [
			{
				type: "web_search_result_location",
				url,
				title: typeof title === "string" ? title : null,
				cited_text: typeof content === "string" ? content : "",
				encrypted_index: "",
			},
		];
	});
}
