/** How long a vendor asks to be left alone, in whichever form it says so. All waits in milliseconds. */
import type { FaultKind } from "#core/fault";
import type { ErrorReply } from "#providers/adapter";

type Reply = Pick<ErrorReply, "headers" | "now">;

const MAX_WAIT_MS = 31 * 24 * 60 * 60 * 1000;
/** Larger numbers are moments in seconds or milliseconds since the epoch, smaller ones seconds from now. */
const MIN_EPOCH_S = 1e9;
const MIN_EPOCH_MS = 1e12;
/** What each letter that a unit begins with stands for; `ms` is told apart from minutes. */
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PIECE = String.raw`\d{1,10}(?:\.\d{1,10})?\s?(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h|days?|d)`;
const PIECES = /(\d{1,10}(?:\.\d{1,10})?)\s?(milli|ms|[smhd])[a-z]*/gi;
const DURATION = new RegExp(String.raw`^(?:${PIECE}\s?)+$`, "i");
const IN_WORDS = new RegExp(
	String.raw`\b(?:try again|retry|wait|available|resets?)\b.{0,20}?\b((?:${PIECE}\b\s?)+|(?:${PIECE})+\b)`,
	"i",
);

/**
 * Milliseconds to wait by `retry-after-ms` or `retry-after` (seconds, "20s" or a date); undefined when absent or
 * absurd.
 */
function retryAfterMs({ headers, now }: Reply): number | undefined {
	const milliseconds = Number(headers.get("retry-after-ms") ?? Number.NaN);
	if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
	const header = headers.get("retry-after");
	if (header === null) return undefined;
	const seconds = Number(header);
	return bounded(Number.isNaN(seconds) ? (durationMs(header) ?? Date.parse(header) - now) : seconds * 1000);
}

/**
 * How long a fault lasts by what a vendor says; undefined where it does not say. What only an admin can mend does not
 * pass by itself, whatever a header says.
 */
export function waitMs(kind: FaultKind, reply: Reply, words: string): number | undefined {
	if (kind === "vendor_quota") return undefined;
	return kind === "rate_limited" || kind === "overloaded" ? refusalMs(reply, words) : retryAfterMs(reply);
}

/**
 * How long a refusal for rate, or for lack of capacity, lasts: by `retry-after`, by its words ("try again in 20s"), or
 * by when the limit that is used up most begins anew (`x-ratelimit-reset-*`, `anthropic-ratelimit-*-reset`).
 */
function refusalMs(reply: Reply, words: string): number | undefined {
	return retryAfterMs(reply) ?? wordsMs(words) ?? resetMs(reply);
}

/** What a vendor's words tell a caller to wait. */
function wordsMs(words: string): number | undefined {
	const span = IN_WORDS.exec(words)?.[1];
	return span === undefined ? undefined : bounded(sumOf(span));
}

/** "20s", "1h2m3.5s", "250ms" and "20 seconds"; undefined for anything else. */
export function durationMs(text: string): number | undefined {
	return DURATION.test(text.trim()) ? bounded(sumOf(text)) : undefined;
}

function sumOf(duration: string): number {
	let sum = 0;
	for (const [, amount, unit = ""] of duration.matchAll(PIECES)) {
		const word = unit.toLowerCase();
		sum += Number(amount) * (word === "ms" || word === "milli" ? 1 : (UNIT_MS[word] ?? 0));
	}
	return sum;
}

/** The headers of each limit, by what of it they tell. */
const LIMIT_HEADERS = ["requests", "tokens", "input-tokens", "output-tokens"].flatMap((what) => [
	(part: string) => `x-ratelimit-${part}-${what}`,
	(part: string) => `anthropic-ratelimit-${what}-${part}`,
]);

function resetMs({ headers, now }: Reply): number | undefined {
	const resets = LIMIT_HEADERS.flatMap((header) => {
		const wait = momentMs(headers.get(header("reset")), now);
		if (wait === undefined) return [];
		const left =
			Number(headers.get(header("remaining")) ?? Number.NaN) / Number(headers.get(header("limit")) ?? Number.NaN);
		return [{ wait, left: Number.isFinite(left) ? left : 1 }];
	});
	const [first] = resets.toSorted((a, b) => a.left - b.left || b.wait - a.wait);
	return first?.wait ?? momentMs(headers.get("x-ratelimit-reset"), now);
}

/** Until a moment that is given as a duration, in seconds, since the epoch, or as a date. */
export function momentMs(value: string | null, now: number): number | undefined {
	if (value === null || value.trim() === "") return undefined;
	const number = Number(value);
	if (Number.isNaN(number)) return durationMs(value) ?? bounded(Date.parse(value) - now);
	if (number >= MIN_EPOCH_MS) return bounded(number - now);
	return bounded(number >= MIN_EPOCH_S ? number * 1000 - now : number * 1000);
}

function bounded(wait: number): number | undefined {
	return Number.isFinite(wait) && wait >= 0 && wait <= MAX_WAIT_MS ? Math.ceil(wait) : undefined;
}
