// Reads values that servers write loosely.
import { isObject } from "#lib/json";
import { isFilled, isShallow, isWord } from "#providers/shared/json-shape";

/** Content as text: a string, a number where a server forgot the quotes, or parts. */
export function textOf(content: unknown): string {
	if (typeof content === "string") return content;
	if (typeof content === "number") return String(content);
	if (!Array.isArray(content)) return "";
	let text = "";
	for (const part of content) if (isObject(part) && typeof part.text === "string") text += part.text;
	return text;
}

/** What a model thought, where it stands among the parts of its content, as Mistral writes it. */
export function thoughtsOf(content: unknown): string {
	if (!Array.isArray(content)) return "";
	return content.map((part) => (isObject(part) && part.type === "thinking" ? textOf(part.thinking) : "")).join("");
}

/** The annotations that clients can read: citations of web pages, and files as OpenRouter parsed them. */
export function annotationsOf(value: unknown): unknown[] {
	return isFilled(value) ? value.map(annotationOf).filter((annotation) => annotation !== null) : [];
}

function annotationOf(value: unknown): object | null {
	if (!isObject(value)) return null;
	if (value.type === "file") return isObject(value.file) ? { type: "file", file: value.file } : null;
	const citation = value.type === "url_citation" ? value.url_citation : undefined;
	if (!isObject(citation) || !isWord(citation.url)) return null;
	const { url, title, content, start_index: start, end_index: end } = citation;
	const position = (index: unknown) => (Number.isSafeInteger(index) ? index : 0);
	return {
		type: "url_citation",
		url_citation: {
			url,
			title: isWord(title) ? title : url,
			start_index: position(start),
			end_index: position(end),
			...(isWord(content) && { content }),
		},
	};
}

/** Log probabilities with both of their lists, of which several servers write one; undefined when there are none. */
export function logprobsOf(value: unknown): { content: unknown[] | null; refusal: unknown[] | null } | undefined {
	if (!isObject(value) || !isShallow(value)) return undefined;
	const content = tokenList(value.content);
	const refusal = tokenList(value.refusal);
	return content === null && refusal === null ? undefined : { content, refusal };
}

function tokenList(value: unknown): unknown[] | null {
	const isToken = (token: unknown) =>
		isObject(token) && typeof token.token === "string" && typeof token.logprob === "number";
	return Array.isArray(value) && value.every(isToken) ? value : null;
}
