// How fast one model answers, from the attempts of the last minutes.
import { type LatencyFigures, UNKNOWN_LATENCY } from "#core/health/health";
import { type Histogram, merged, quantile, sizeOf, withDuration } from "./histogram";

/** How one model answers: how soon, how fast, and how much of the prompts its vendor had cached. A value. */
export interface Latency {
	/** Peak-EWMA of the time to the first content, and when it last changed; null without any. */
	readonly peak: { readonly ms: number; readonly at: number } | null;
	/** The half minutes in which something came last: the running one and the one before. */
	readonly current: HalfMinute;
	readonly previous: HalfMinute;
	/** What p95 usually is, in milliseconds: a slow average over busy half minutes. */
	readonly usualP95Ms: number | null;
	readonly cachedShare: number | null;
}

interface HalfMinute {
	/** Milliseconds since the epoch. */
	readonly since: number;
	readonly ttft: Histogram;
	readonly tokens: number;
	readonly streamMs: number;
}

export interface Sample {
	readonly ttftMs: number | null;
	readonly stream: { readonly ms: number; readonly outputTokens: number } | null;
	readonly prompt: { readonly tokens: number; readonly cached: number } | null;
}

const HALF_MINUTE_MS = 30_000;
/** After this many milliseconds without an answer a model's speed counts as unknown. */
const FORGOTTEN_MS = 10 * 60_000;
/** In this many milliseconds the average of the time to the first content forgets all but 1/e of a peak. */
const PEAK_TAU_MS = 10_000;
/** Shorter streams arrive in one piece and show no speed. */
const MIN_TOKENS = 20;
const MIN_STREAM_MS = 500;
/** A half minute with at least `MIN_ANSWERS` answers moves the usual p95, by this weight. */
const MIN_ANSWERS = 20;
const DEFAULT_WEIGHT = 0.2;
const CACHED_WEIGHT = 0.1;

export function noLatency(now: number): Latency {
	const empty = emptyHalf(now);
	return { peak: null, current: empty, previous: empty, usualP95Ms: null, cachedShare: null };
}

const emptyHalf = (since: number): HalfMinute => ({ since, ttft: [], tokens: 0, streamMs: 0 });

export function sampled(before: Latency, { ttftMs, stream, prompt }: Sample, now: number): Latency {
	if (ttftMs === null && stream === null && prompt === null) return before;
	const latency = now - before.current.since >= HALF_MINUTE_MS ? rotated(before, now) : before;
	const { current, cachedShare } = latency;
	const speaks = stream !== null && stream.outputTokens >= MIN_TOKENS && stream.ms >= MIN_STREAM_MS;
	return {
		...latency,
		peak: ttftMs === null ? latency.peak : peakAfter(latency.peak, ttftMs, now),
		current: {
			...current,
			ttft: ttftMs === null ? current.ttft : withDuration(current.ttft, ttftMs),
			tokens: current.tokens + (speaks ? stream.outputTokens : 0),
			streamMs: current.streamMs + (speaks ? stream.ms : 0),
		},
		cachedShare:
			prompt === null || prompt.tokens === 0
				? cachedShare
				: average(cachedShare, Math.min(1, prompt.cached / prompt.tokens), CACHED_WEIGHT),
	};
}

/** Unknown for a model that was not used for ten minutes: else isolates would avoid a once slow model for ever. */
export function figures({ peak, current, previous, usualP95Ms }: Latency, now: number): LatencyFigures {
	if (now - current.since >= FORGOTTEN_MS) {
		return { ...UNKNOWN_LATENCY, ttftP95Ms: usualP95Ms };
	}
	const ttft = merged(current.ttft, previous.ttft);
	const streamMs = current.streamMs + previous.streamMs;
	return {
		ttftMs: peak?.ms ?? null,
		ttftP50Ms: quantile(ttft, 0.5),
		ttftP95Ms: quantile(ttft, 0.95) ?? usualP95Ms,
		tokensPerSecond: streamMs === 0 ? null : (1_000 * (current.tokens + previous.tokens)) / streamMs,
	};
}

function rotated(latency: Latency, now: number): Latency {
	const { current, usualP95Ms } = latency;
	const p95 = sizeOf(current.ttft) >= MIN_ANSWERS ? quantile(current.ttft, 0.95) : null;
	return {
		...latency,
		current: emptyHalf(now),
		previous: current,
		usualP95Ms: p95 === null ? usualP95Ms : average(usualP95Ms, p95, DEFAULT_WEIGHT),
	};
}

/** Up at once, down slowly, by the time that passed: Finagle's `PeakEwma`. */
function peakAfter(peak: Latency["peak"], ms: number, now: number): { readonly ms: number; readonly at: number } {
	if (peak === null || ms > peak.ms) return { ms, at: now };
	const kept = Math.exp(-(now - peak.at) / PEAK_TAU_MS);
	return { ms: peak.ms * kept + ms * (1 - kept), at: now };
}

function average(before: number | null, next: number, weight: number): number {
	return before === null ? next : before + weight * (next - before);
}
