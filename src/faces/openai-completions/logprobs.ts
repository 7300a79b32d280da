// Writes the log probabilities of Chat Completions in the form that legacy completions have for them.
import { isObject } from "#lib/json";

/** Log probabilities as legacy completions have them: four lists of the same length. */
interface TextLogprobs {
	readonly tokens: string[];
	readonly token_logprobs: number[];
	/** By the text of each alternative. */
	readonly top_logprobs: Record<string, number>[];
	/** Where each token begins in the text of its choice, in UTF-16 units. */
	readonly text_offset: number[];
}

/** The log probabilities of a text that begins at `offset` of its choice; null when there are none. */
export function textLogprobs(logprobs: unknown, offset: number): TextLogprobs | null {
	const content = isObject(logprobs) && Array.isArray(logprobs.content) ? logprobs.content : null;
	if (content === null) return null;
	const lists: TextLogprobs = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
	let at = offset;
	for (const entry of content) {
		const token = tokenOf(entry);
		if (token === null) continue;
		const top = isObject(entry) && Array.isArray(entry.top_logprobs) ? entry.top_logprobs : [];
		lists.tokens.push(token.text);
		lists.token_logprobs.push(token.logprob);
		lists.text_offset.push(at);
		lists.top_logprobs.push(
			Object.fromEntries(
				top.flatMap((one) => {
					const other = tokenOf(one);
					return other === null ? [] : [[other.text, other.logprob]];
				}),
			),
		);
		at += token.text.length;
	}
	return lists;
}

function tokenOf(entry: unknown): { text: string; logprob: number } | null {
	if (!isObject(entry) || typeof entry.token !== "string" || typeof entry.logprob !== "number") return null;
	return { text: entry.token, logprob: entry.logprob };
}
