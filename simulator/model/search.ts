// How a simulated vendor searches the web, and what it bills for that.
import type { JsonObject } from "#lib/json";

/** What a vendor did beside the model before it answered. */
export interface Search {
	/** Uses that it bills. */
	readonly uses: number;
	/** Tokens of the prompt beyond what was sent: what was found, and all that was read again after it. */
	readonly tokens: number;
}

/** Tokens of what one search finds. */
const FOUND_TOKENS = 180;
/** Tokens of one result that is put into the prompt. */
const RESULT_TOKENS = 60;

/**
 * The searches of a model that may make up to `most`: as many as the prompt's marker says, `[[search:2]]`, or one when
 * the prompt speaks of searching. The model reads everything again after each.
 */
export function searchesOf(text: string, promptTokens: number, most: number): Search {
	const wanted = Number(/\[\[search:(\d{1,3})\]\]/.exec(text)?.[1] ?? (/\bsearch/i.test(text) ? 1 : 0));
	const uses = Math.min(wanted, most);
	return { uses, tokens: promptTokens * uses + (FOUND_TOKENS * uses * (uses + 1)) / 2 };
}

/** A search of which the vendor puts `results` results into the prompt before the model reads it. */
export function resultsInPrompt(results: number): Search {
	return { uses: results, tokens: RESULT_TOKENS * results };
}

/** One result as vendors show it. */
export function resultOf(index: number): { readonly url: string; readonly title: string } & JsonObject {
	return { url: `https://example.com/${index}`, title: `Simulated result ${index}` };
}
