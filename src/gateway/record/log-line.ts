/** One request as a line of the gateway's own log. */
import type { LogLevel } from "#config";
import type { AttemptRecord, RequestRecord } from "#core/usage/request-record";
import { nanoUsd, usdString } from "#metering/money";
import { totalsOf } from "./request-totals";

/** Codes come from providers too, and then they are as hostile as anything else of theirs. */
const CODE = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * One request as a line of the log, or null where the level asks for none. Made of listed fields only: ids, names that
 * this gateway gave, and numbers. Nothing that a caller or a provider wrote is among them.
 */
export function requestLine(record: RequestRecord, level: LogLevel): string | null {
	if (level === "off" || (level === "errors" && record.status < 500)) return null;
	const totals = totalsOf(record);
	return JSON.stringify({
		level: record.status < 500 ? "info" : "warn",
		event: "request",
		at: new Date(record.at).toISOString(),
		request_id: record.requestId,
		key_id: record.keyId,
		team_id: record.teamId,
		face: record.face,
		stream: record.stream,
		alias: record.alias,
		strategy: record.strategy,
		provider: record.provider,
		model: record.model,
		status: record.status,
		error_type: record.errorType,
		error_code: record.errorCode !== null && CODE.test(record.errorCode) ? record.errorCode : null,
		input_tokens: totals.input,
		cached_input_tokens: totals.cachedInput,
		output_tokens: totals.output,
		reasoning_tokens: totals.reasoning,
		cost_usd: usdString(nanoUsd(totals.cost)),
		estimated: totals.estimated,
		unpriced: totals.unpriced,
		latency_ms: record.latencyMs,
		ttft_ms: record.ttftMs,
		cache: record.cache,
		attempts: record.attempts.map(attemptField),
	});
}

export function logRequest(record: RequestRecord, level: LogLevel): void {
	const line = requestLine(record, level);
	if (line !== null) console.log(line);
}

function attemptField(attempt: AttemptRecord) {
	return {
		provider: attempt.provider,
		model: attempt.model,
		end: attempt.end,
		fault: attempt.fault,
		upstream_status: attempt.upstreamStatus,
		started_ms: attempt.startedMs,
		ended_ms: attempt.endedMs,
	};
}
