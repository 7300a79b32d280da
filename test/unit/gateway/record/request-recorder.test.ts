import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import type { CredentialId, KeyId, ProviderName, RequestId, TeamId } from "#core/ids";
import type { AttemptRecord, RequestRecord } from "#core/usage/request-record";
import { RequestRecorder } from "#gateway/record/request-recorder";

const ATTEMPT: AttemptRecord = {
	attemptId: "req_1.1",
	provider: "a" as ProviderName,
	model: "m",
	credential: "default" as CredentialId,
	simulated: false,
	startedMs: 1,
	endedMs: 9,
	ttftMs: null,
	end: "failed",
	fault: "server",
	upstreamStatus: 500,
	usage: null,
	cost: 0,
	estimated: false,
};

function recorder(endUser: string | null = null) {
	const written: RequestRecord[] = [];
	const arrived = {
		requestId: "req_1" as RequestId,
		at: 1_000,
		keyId: "key_1" as KeyId,
		teamId: "team_1" as TeamId,
		face: "chat",
	};
	const labels = () => ({ app: "cli", session: null, endUser, metadata: {} });
	return { written, book: new RequestRecorder(arrived, labels, (record) => void written.push(record)) };
}

describe("a recorder of requests", () => {
	it("is written once, when the answer and every attempt have ended", () => {
		const { book, written } = recorder();
		book.requested(true, "chat", null);
		const [first, second] = [book.begin(), book.begin()];
		book.close(200, null, 1_050, 1_020);
		book.close(499, null, 1_060, null);
		second({ ...ATTEMPT, attemptId: "req_1.2", provider: "b" as ProviderName, end: "answered", fault: null });
		expect(written).toEqual([]);
		first(ATTEMPT);
		book.close(499, null, 1_070, null);
		expect(written).toMatchObject([
			{
				app: "cli",
				stream: true,
				requestedModel: "chat",
				provider: "b",
				status: 200,
				errorCode: null,
				latencyMs: 50,
				ttftMs: 20,
				attempts: [{ attemptId: "req_1.1" }, { attemptId: "req_1.2" }],
			},
		]);
	});

	it("names whose answer was passed on, not one that was passed over", () => {
		const { book, written } = recorder();
		const [first, second, third] = [book.begin(), book.begin(), book.begin()];
		first({ ...ATTEMPT, end: "answered", fault: null });
		second({
			...ATTEMPT,
			attemptId: "req_1.2",
			provider: "b" as ProviderName,
			model: "n",
			end: "answered",
			fault: null,
		});
		third({ ...ATTEMPT, attemptId: "req_1.3", provider: "c" as ProviderName, end: "left", fault: null });
		book.served({ provider: "b" as ProviderName, model: "n" });
		book.close(200, null, 1_050, null);
		expect(written).toMatchObject([{ provider: "b", model: "n", status: 200 }]);
	});

	it("waits for the answer although all attempts have ended", () => {
		const { book, written } = recorder();
		book.begin()(ATTEMPT);
		expect(written).toEqual([]);
		book.close(502, GatewayError.of("upstream_error", "").details, 1_100, null);
		expect(written).toMatchObject([
			{ status: 502, errorType: "server_error", errorCode: "upstream_error", provider: "a" },
		]);
	});

	it("is written of a request that asked nobody", () => {
		const { book, written } = recorder("header");
		book.close(400, null, 1_001, null);
		expect(written).toMatchObject([{ provider: null, model: null, strategy: null, attempts: [], endUser: "header" }]);
	});

	it("takes the end user of the body before that of the headers", () => {
		const { book, written } = recorder("header");
		book.requested(false, null, "body");
		book.close(400, null, 1_001, null);
		expect(written[0]?.endUser).toBe("body");
	});
});
