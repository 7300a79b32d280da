// Reads what a request asks of the gateway from its headers: time limits, what to optimize, what to keep.
import { invalidRequest } from "#core/errors";
import { PAYLOAD_LEVELS, type PayloadLevel } from "#core/key/payload-policy";
import type { Optimize } from "#core/routing/alias";
import type { TimeLimits } from "#gateway/attempts/time-limits";
import type { HeaderReader } from "#lib/header-map";
import { leastOf } from "#lib/list";

/** The longest limit that a header may name, in milliseconds: a day. */
const MAX_MS = 86_400_000;
/** The time-outs that OpenAI's SDKs tell of, in seconds: all of them, and Python's for the time between two reads. */
const SDK_TIMEOUTS = ["x-stainless-timeout", "x-stainless-read-timeout"];
const OPTIMIZE: readonly string[] = ["cost", "latency", "quality", "balanced"] satisfies Optimize[];

/**
 * How long the caller is willing to wait: `x-tollgate-timeout-ms`, `x-tollgate-ttft-timeout-ms`, and the shortest
 * time-out of its SDK. Throws `GatewayError` 400 for our own headers, malformed; the SDK's are ignored then.
 */
export function timeLimits(headers: HeaderReader): TimeLimits {
	const waits = SDK_TIMEOUTS.map((name) => Number(headers.get(name) ?? Number.NaN) * 1000);
	const sensible = waits.filter((ms) => ms > 0 && ms <= MAX_MS);
	return {
		totalMs: milliseconds(headers, "x-tollgate-timeout-ms"),
		ttftMs: milliseconds(headers, "x-tollgate-ttft-timeout-ms"),
		beginMs: sensible.length === 0 ? null : Math.ceil(leastOf(sensible)),
	};
}

/** What `x-tollgate-optimize` asks for; null without it. Throws `GatewayError` 400 when it is malformed. */
export function requestedOptimize(headers: HeaderReader): Optimize | null {
	const value = headers.get("x-tollgate-optimize");
	if (value === null) return null;
	if (!OPTIMIZE.includes(value)) {
		throw invalidRequest(`must be one of ${OPTIMIZE.join(", ")}`, "x-tollgate-optimize");
	}
	return value as Optimize;
}

/**
 * How much may be kept of the request, as `x-tollgate-log` says; null without it. Throws `GatewayError` 400 when it is
 * malformed.
 */
export function requestedPayloadLevel(headers: HeaderReader): PayloadLevel | null {
	const text = headers.get("x-tollgate-log");
	if (text === null) return null;
	const level = PAYLOAD_LEVELS.find((each) => each === text);
	if (level === undefined) {
		throw invalidRequest(`must be one of ${PAYLOAD_LEVELS.join(", ")}`, "x-tollgate-log");
	}
	return level;
}

function milliseconds(headers: HeaderReader, name: string): number | null {
	const text = headers.get(name);
	if (text === null) return null;
	const ms = /^[0-9]{1,8}$/.test(text) ? Number(text) : 0;
	if (ms < 1 || ms > MAX_MS) {
		throw invalidRequest(`must be a number of milliseconds from 1 to ${MAX_MS}`, name);
	}
	return ms;
}
