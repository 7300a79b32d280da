// Records of requests and attempts, as the recorder would make them.
import { estimatedUsage } from "#core/chat/usage";
import type { CredentialId, KeyId, ProviderName, RequestId, TeamId } from "#core/ids";
import { newId } from "#core/ids";
import type { AttemptRecord, RequestRecord } from "#core/usage/request-record";

export function attemptRecord(more: Partial<AttemptRecord> & { attemptId: string }): AttemptRecord {
	return {
		provider: "openai" as ProviderName,
		model: "gpt-6",
		credential: "default" as CredentialId,
		simulated: true,
		startedMs: 5,
		endedMs: 240,
		ttftMs: null,
		end: "answered",
		fault: null,
		upstreamStatus: 200,
		usage: { ...estimatedUsage(100, 20), source: "provider" },
		cost: 0,
		estimated: false,
		...more,
	};
}

/** A request that was answered, by one attempt unless told otherwise. */
export function requestRecord(more: Partial<RequestRecord> & { requestId: RequestId }): RequestRecord {
	return {
		at: Date.UTC(2027, 4, 6, 12),
		keyId: "key_1" as KeyId,
		teamId: "team_1" as TeamId,
		face: "chat",
		stream: false,
		app: null,
		session: null,
		endUser: null,
		metadata: {},
		requestedModel: "openai/gpt-6",
		alias: null,
		strategy: "priority",
		candidates: [],
		excluded: [],
		provider: "openai" as ProviderName,
		model: "gpt-6",
		status: 200,
		errorType: null,
		errorCode: null,
		latencyMs: 250,
		ttftMs: null,
		cache: "off",
		attempts: [attemptRecord({ attemptId: `${more.requestId}.1` })],
		...more,
	};
}

/** A request that was refused before anybody was asked. */
export function refusedRecord(more: Partial<RequestRecord> & { requestId: RequestId }): RequestRecord {
	return requestRecord({
		provider: null,
		model: null,
		status: 429,
		errorType: "rate_limit_error",
		errorCode: "rate_limit_exceeded",
		latencyMs: 3,
		attempts: [],
		...more,
	});
}

let ids = 0;

export function requestId(at: number): RequestId {
	return newId("req", at, `00000000-0000-0000-0000-${String(ids++).padStart(12, "0")}`) as RequestId;
}
