import { afterEach, describe, expect, it } from "vitest";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { upTo } from "#test/support/scale";
import { chat, events, failure, fault, LASTING, mend, user } from "#test/worker/gateway";

afterEach(mend);

const ask = (provider: string, stream: boolean) => chat({ provider, stream, messages: user("Hi") });

/** A vendor's status, what the caller is told, and whether an SDK may try again. */
const STATUSES: [status: number, told: number, code: string][] = [
	[400, 400, "invalid_request"],
	[401, 502, "upstream_credential_refused"],
	[403, 502, "upstream_forbidden"],
	[404, 404, "model_not_found"],
	[413, 413, "request_too_large"],
	[429, 429, "rate_limit_exceeded"],
	[500, 502, "upstream_error"],
	[502, 502, "upstream_error"],
	[503, 503, "upstream_overloaded"],
	[529, 503, "upstream_overloaded"],
];

/** Bodies that say nothing, so that the status decides. */
const SILENT_BODIES: [kind: string, body: unknown][] = [
	["no body", ""],
	["text", "nope"],
	["a web page", "<html><h1>Oops</h1></html>"],
	["strange JSON", [1, null]],
];

/** Those that a status is looked at with: all of them, or by turns where a run looks at less. */
function bodiesOf(status: number): [kind: string, body: unknown][] {
	const turn = STATUSES.findIndex(([one]) => one === status) % SILENT_BODIES.length;
	return [...SILENT_BODIES.slice(turn), ...SILENT_BODIES.slice(0, turn)].slice(0, upTo(SILENT_BODIES.length, 1));
}

describe.each(BUILT_IN_PROVIDERS.filter((name) => name !== "workers-ai"))("an error status of %s", (provider) => {
	it.each(STATUSES)("%d becomes %d %s, attributed to it", async (status, told, code) => {
		for (const [kind, body] of bodiesOf(status)) {
			for (const stream of [false, true]) {
				await mend();
				// Some simulated vendors name a wait so short that it is waited for.
				await fault({ provider, fault: "error", status, body, headers: LASTING });
				const { error, headers, ...answer } = await failure(ask(provider, stream));
				const context = `${kind}, stream ${stream}: ${JSON.stringify(error)}`;
				expect(answer.status, context).toBe(told);
				if (code !== "invalid_request") expect(error.code, context).toBe(code);
				expect(error.message, context).toMatch(new RegExp(`^\\[${provider}\\] \\S`));
				expect(error.message, context).not.toMatch(/<h1>/);
				expect(headers.get("x-tollgate-attempts"), context).toBe(`${provider}:${status}`);
				expect(headers.get("x-tollgate-provider"), context).toBe(provider);
				expect(headers.get("x-should-retry"), context).toBe(
					told === 502 && status < 500 ? "false" : headers.get("x-should-retry"),
				);
			}
		}
	});

	it("tells the caller when to come back, in whole seconds", async () => {
		const waits = { "7": "7", "0.5": "1", "-3": null, soon: null, "1000000000": null };
		for (const [wait, told] of Object.entries(waits)) {
			await mend();
			await fault({ provider, fault: "error", status: 429, body: "", headers: { "retry-after": wait } });
			const { headers } = await failure(ask(provider, false));
			expect(headers.get("retry-after"), wait).toBe(told);
		}
	});

	it("hides the credential that a vendor repeats", async () => {
		const body = {
			error: { message: "Incorrect API key provided: sk-proj-abcdefghijklmnopqrstuvwx", type: "x", code: "y" },
		};
		await fault({ provider, fault: "error", status: 401, body });
		const { error } = await failure(ask(provider, false));
		expect(JSON.stringify(error)).not.toContain("abcdefghijkl");
	});
});

describe.each(BUILT_IN_PROVIDERS)("an upstream like %s", (provider) => {
	it.each(["reset", "garbage", "empty", "html", "cut_mid_stream", "clean_eof_mid_stream"])(
		"that shows %s is a bad gateway for a whole answer",
		async (name) => {
			await fault({ provider, fault: name });
			const { status, error } = await failure(ask(provider, false));
			expect(status).toBe(502);
			expect(error.code).toMatch(/^upstream_(error|invalid_response)$/);
			expect(error.message).toMatch(new RegExp(`^\\[${provider}\\] `));
		},
	);

	it.each(["reset", "garbage", "empty", "html"])(
		"that shows %s is a bad gateway for a stream that has not begun",
		async (name) => {
			await fault({ provider, fault: name });
			expect((await failure(ask(provider, true))).status).toBe(502);
		},
	);

	it.each(["cut_mid_stream", "clean_eof_mid_stream", "error_frame"])(
		"that shows %s ends a stream in an error",
		async (name) => {
			await fault({ provider, fault: name, after: 6 });
			// Workers AI answers some models' streams in one piece.
			const model = provider === "workers-ai" ? { model: "@cf/zai-org/glm-5.3-flash" } : {};
			const response = await chat({ provider, ...model, stream: true, messages: user("Write 20 words") });
			expect(response.status).toBe(200);
			const last = (await events(response)).at(-1) ?? "";
			expect(JSON.parse(last).error.message).toMatch(new RegExp(`^\\[${provider}\\] `));
		},
	);

	it("has an honest status for an error inside a stream that has not begun", async () => {
		await fault({ provider, fault: "error_frame", after: 0 });
		const { status, error } = await failure(ask(provider, true));
		expect(status).toBeGreaterThanOrEqual(500);
		expect(error.message).toMatch(new RegExp(`^\\[${provider}\\] `));
	});
});
