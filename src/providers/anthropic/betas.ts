// Which beta features of Anthropic's a request may switch on.
import type { Model } from "#catalog/model";
import { drawsOnState } from "#core/chat/vendor-state";
import type { JsonObject } from "#lib/json";

/**
 * Features that cost what nothing here bounds or prices: a faster tier, tools that Anthropic runs, and what it samples
 * beside the answer. By their names without the date.
 */
const BILLED: ReadonlySet<string> = new Set([
	"advisor-tool",
	"code-execution",
	"compact",
	"fast-mode",
	"server-side-fallback",
	"web-fetch",
]);
/** Features that draw on what Anthropic's account keeps or fetches, for requests that may and do. */
const KEPT: ReadonlySet<string> = new Set(["files-api", "mcp-client", "skills"]);
/** Prompts beyond the window that a model has by itself, at a price of their own. */
const LONG_PROMPTS = "context-1m";
/** The window that models have by themselves, in tokens, where they have not the long one. */
const PLAIN_WINDOW_TOKENS = 200_000;

const DATE = /-\d{4}-?\d{2}-?\d{2}$/;

/**
 * The value of `anthropic-beta` that goes out with `body`: byte for byte what came where nothing has to be left out of
 * it, null where nothing is left. What was left out goes into `dropped`.
 */
export function passedBetas(came: string, body: JsonObject, model: Model, dropped: string[]): string | null {
	const names = came.split(",").map((name) => name.trim());
	const left = names.filter((name) => isPassed(name.toLowerCase().replace(DATE, ""), body, model));
	if (left.length === names.length) return came;
	for (const name of names) if (!left.includes(name)) dropped.push(`anthropic-beta.${name}`);
	return left.length === 0 ? null : left.join(",");
}

function isPassed(name: string, body: JsonObject, { context }: Model): boolean {
	if (name === LONG_PROMPTS) return context !== null && context > PLAIN_WINDOW_TOKENS;
	return !BILLED.has(name) && (!KEPT.has(name) || drawsOnState(body));
}
