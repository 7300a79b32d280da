import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ProviderName, TeamId } from "#core/ids";
import { type IsolateState, newIsolateState } from "#gateway/isolate-state";
import { chat } from "#operations/chat/index";
import { openaiCompatible } from "#providers/openai-chat/index";
import {
	at,
	breaks,
	errorOf,
	expectBooksInOrder,
	fails,
	type Manner,
	type Setting,
	says,
	silent,
	stalls,
	type Target,
	TestRun,
	textOf,
	unreachable,
} from "#test/support/failover-run";

let isolate: IsolateState;
let unread: unknown[] = [];

beforeEach(() => {
	isolate = newIsolateState();
	unread = [];
	vi.useFakeTimers();
	vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
	expect(vi.getTimerCount()).toBe(0);
	expect(unread).toEqual([]);
	vi.restoreAllMocks();
	vi.useRealTimers();
});

/** What strikes before the first byte, whose fault it is, and what is said of it in the headers. */
const FAULTS: [what: string, manner: Manner, moves: boolean, label: string, told?: "ignored"][] = [
	["a refused connection", unreachable, true, "connect"],
	["a 500", fails(500), true, "500"],
	["a 503", fails(503), true, "503"],
	["a 529", fails(529), true, "529"],
	["a 408", fails(408), true, "408"],
	["a 429", fails(429), true, "429"],
	["a refused credential", fails(401), true, "401"],
	["an account without money", fails(429, { code: "insufficient_quota" }), true, "429"],
	["a model that is missing", fails(404, { code: "model_not_found" }), true, "404"],
	["an answer with nothing in it", says(""), true, "empty"],
	["a web page", async () => new Response("<html>", { headers: { "content-type": "text/html" } }), true, "malformed"],
	[
		"a stream that says [DONE] before it finished",
		async () =>
			new Response('data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\ndata: [DONE]\n\n', {
				headers: { "content-type": "text/event-stream" },
			}),
		true,
		"truncated",
	],
	["an empty answer", async () => new Response("", { headers: { "content-type": "application/json" } }), true, "empty"],
	[
		"a history that breaks the vendor's own rules",
		fails(400, { message: "Function call is missing a thought_signature" }),
		true,
		"400",
		"ignored",
	],
	["a wrong request", fails(400), false, "400"],
	["a request that is too large", fails(413), false, "413"],
	["a refused content", fails(400, { code: "content_policy_violation" }), false, "400"],
	["a prompt that is too long", fails(400, { code: "context_length_exceeded" }), false, "400"],
];

it("names the model that an unknown one may be a misspelling of, of those its vendor does not have", async () => {
	const refused = fails(404, { code: "model_not_found" });
	const messageOf = async (...targets: Target[]) =>
		(await errorOf(new TestRun({ targets, nearest: { a: "a/n" } }))).message;
	expect(await messageOf({ ...at("a", refused), model: { unlisted: true } })).toMatch(/; did you mean `a\/n`\?$/);
	const ended = fails(404, { code: "model_not_found", message: "There is no such model." });
	expect(await messageOf({ ...at("a", ended), model: { unlisted: true } })).toContain("no such model; did you mean");
	expect(await messageOf(at("a", refused))).not.toContain("did you mean");
	expect(await messageOf({ ...at("a", fails(400)), model: { unlisted: true } })).not.toContain("did you mean");
});

describe.each([true, false])("with stream %s", (stream) => {
	const run = (setting: Setting) => new TestRun({ ...setting, request: { stream, ...setting.request } });

	it.each(FAULTS)("%s before the first byte", async (_, manner, moves, label, told?: string) => {
		const tried = run({ targets: [at("a", manner), at("b", says("hello"))] });
		if (moves) {
			expect(await tried.text()).toBe("hello");
			expect(tried.labels).toEqual([`a:${label}`, "b:200"]);
			expect(tried.outcomes.map(({ provider, result }) => `${provider}:${result}`)).toContain(`a:${told ?? "failed"}`);
		} else {
			const { status, shouldRetry } = await errorOf(tried);
			expect(status).toBeLessThan(500);
			expect(shouldRetry).toBeUndefined();
			expect(tried.calls).toEqual(["a"]);
			expect(tried.outcomes.map(({ result }) => result)).toEqual(["ignored"]);
		}
		expectBooksInOrder(tried);
	});

	it("pays for an answer with nothing in it what the vendor bills, and no more", async () => {
		const tried = run({ targets: [at("a", says("")), at("b", says("hello"))] });
		expect(await tried.text()).toBe("hello");
		const [emptied, answered] = tried.settled;
		expect(emptied).toMatchObject({ void: false, estimated: false, tokens: 12 });
		expect(emptied?.actual).toBe(answered?.actual);
		expectBooksInOrder(tried);
	});

	it("is an error where all answer nothing, and an answer where the caller's stop sequence may be the reason", async () => {
		const tried = run({ targets: [at("a", says(""))] });
		expect(await errorOf(tried)).toMatchObject({ status: 502, code: "upstream_invalid_response" });
		expect(await run({ targets: [at("a", says(""))], request: { stop: ["\n"] } }).text()).toBe("");
	});

	it("sends nothing where what was held affords no answer, and gives it back", async () => {
		const tried = run({ targets: [at("a", says("hello"))], mostHeld: 50 });
		await expect(tried.text()).rejects.toThrow("less than the shortest answer");
		expect(tried.calls).toEqual([]);
		expect(tried.released).toEqual(["req_1.1"]);
		expectBooksInOrder(tried);
	});

	it("asks three at most, and tells SDKs to leave it at that", async () => {
		const targets = ["a", "b", "c", "d"].map((name) => at(name, fails(503)));
		const tried = run({ targets });
		const error = await errorOf(tried);
		expect(tried.calls).toEqual(["a", "b", "c"]);
		expect(error).toMatchObject({
			status: 503,
			code: "upstream_overloaded",
			shouldRetry: false,
			metadata: {
				stopped: "attempts",
				attempts: ["a", "b", "c"].map((name) => ({ target: `${name}/m`, reason: "overloaded", upstream_status: 503 })),
			},
		});
		expectBooksInOrder(tried);
	});

	it("asks one that failed once only", async () => {
		const tried = run({ targets: [at("a", fails(500), says("late")), at("b", fails(500))] });
		await errorOf(tried);
		expect(tried.calls).toEqual(["a", "b"]);
	});

	it.each([
		["500", fails(500)],
		["502", fails(502)],
		["503", fails(503)],
		["529", fails(529)],
		["connect", unreachable],
	])("asks the only one once more, a moment after what may be a hiccup: %s", async (label, manner) => {
		const tried = run({ targets: [at("a", manner, says("hello"))] });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(299);
		expect(tried.calls).toEqual(["a"]);
		await vi.advanceTimersByTimeAsync(1);
		expect(await text).toBe("hello");
		expect(tried.labels).toEqual([`a:${label}`, "a:200"]);
		expectBooksInOrder(tried);
	});

	it("asks the only one no third time", async () => {
		const tried = run({ targets: [at("a", fails(503), fails(503), says("late"))] });
		const error = errorOf(tried);
		await vi.advanceTimersByTimeAsync(300);
		expect(await error).toMatchObject({ code: "upstream_overloaded", shouldRetry: false });
		expect(tried.calls).toEqual(["a", "a"]);
	});

	const lateLoss: Manner = async () => {
		await new Promise((resolve) => setTimeout(resolve, 150));
		throw new TypeError("terminated");
	};
	it.each<[string, Manner, Partial<Setting>]>([
		["may have worked before its proxy gave up", fails(504), {}],
		["may have read the request before the connection was lost", lateLoss, {}],
		["answered without a body, which it may bill", async () => new Response(""), {}],
		["refuses for rate", fails(429), {}],
		["refuses for the region", fails(403, { message: "This model is not available in your region." }), {}],
		["refuses the credential", fails(401), {}],
		["failed when there is no time left", fails(503), { limits: { beginMs: 300 } }],
		["failed when there is no money left", fails(503), { affords: 1 }],
		["failed a trial", fails(503), { permits: { a: "permit_1" } }],
	])("asks the only one once where it %s", async (_, manner, setting) => {
		const candidate = setting.permits === undefined ? {} : { needsTrial: true };
		const tried = run({ targets: [{ ...at("a", manner, says("late")), candidate }], ...setting });
		const error = errorOf(tried);
		await vi.advanceTimersByTimeAsync(1_000);
		await error;
		expect(tried.calls).toEqual(["a"]);
		expectBooksInOrder(tried);
	});

	it("asks the only one no second time when the team's ration is used up", async () => {
		const budgets = isolate.retryBudgets;
		for (let n = 0; n < 10; n++) budgets.furtherFailed("team_1" as TeamId, "a" as ProviderName);
		budgets.furtherBegan("team_1" as TeamId, "a" as ProviderName, Date.now());
		const tried = run({ targets: [at("a", fails(503), says("late"))], isolate });
		expect((await errorOf(tried)).status).toBe(503);
		expect(tried.calls).toEqual(["a"]);
	});

	it("waits for the only one when it says for how long", async () => {
		const tried = run({ targets: [at("a", fails(429, {}, { "retry-after": "1" }), says("hello"))] });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(1_000);
		expect(tried.calls).toEqual(["a"]);
		await vi.advanceTimersByTimeAsync(250);
		expect(await text).toBe("hello");
		expect(tried.labels).toEqual(["a:429", "a:200"]);
		expectBooksInOrder(tried);
	});

	it("waits longer for a caller that says how long it is willing to", async () => {
		const targets = [at("a", fails(429, {}, { "retry-after": "30" }), says("hello"))];
		const tried = run({ targets, limits: { totalMs: 60_000 } });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(30_250);
		expect(await text).toBe("hello");
	});

	it.each([
		["longer than anybody should wait", "3", {}],
		["beyond the caller's deadline", "3", { totalMs: 2_000 }],
		["beyond the patience of the caller's client", "3", { beginMs: 2_000 }],
	])("does not wait for one that says to come back %s", async (_, wait, limits) => {
		const tried = run({ targets: [at("a", fails(429, {}, { "retry-after": wait }))], limits });
		expect(await errorOf(tried)).toMatchObject({ status: 429, retryAfterMs: Number(wait) * 1_000 });
		expect(tried.calls).toEqual(["a"]);
	});

	it("waits no longer when the caller leaves", async () => {
		const caller = new AbortController();
		const targets = [at("a", fails(429, {}, { "retry-after": "2" }))];
		const tried = run({ targets, limits: { totalMs: 9_000 }, caller: caller.signal });
		const outcome = errorOf(tried);
		await vi.advanceTimersByTimeAsync(1_000);
		caller.abort(new Error("left"));
		expect(await outcome).toMatchObject({ status: 499 });
	});

	it("stops and says so when there is no money for a further attempt", async () => {
		const tried = run({ targets: [at("a", fails(500)), at("b", says("hello"))], affords: 1 });
		const error = await errorOf(tried);
		expect(error).toMatchObject({
			code: "upstream_error",
			shouldRetry: false,
			metadata: { stopped: "insufficient_quota" },
		});
		expect(error.message).toMatch(/^\[a\] .*no further attempt was made: .*budget/);
		expect(tried.calls).toEqual(["a"]);
		expectBooksInOrder(tried);
	});

	it("goes past one that cannot be asked what is asked, and says so only when nobody is left", async () => {
		const picky = { ...at("a", says("never")), refuses: "logit_bias" };
		const tried = run({ targets: [picky, at("b", fails(500)), at("c", says("hello"))] });
		expect(await tried.text()).toBe("hello");
		expect(tried.calls).toEqual(["b", "c"]);
		const alone = run({ targets: [picky] });
		expect(await errorOf(alone)).toMatchObject({ status: 400, code: "unsupported_parameter", param: "logit_bias" });
		const failing = errorOf(run({ targets: [picky, at("b", fails(500))] }));
		await vi.advanceTimersByTimeAsync(300);
		expect(await failing).toMatchObject({
			code: "upstream_error",
			metadata: { skipped: [{ target: "a/m", reason: "unsupported_parameter" }] },
		});
	});

	it("tries a half-open target only with a permit, and names it in the outcome", async () => {
		const needy = { ...at("a", says("tried")), candidate: { needsTrial: true } };
		const without = run({ targets: [needy, at("b", says("hello"))] });
		expect(await without.text()).toBe("hello");
		expect(without.calls).toEqual(["b"]);
		const permitted = run({ targets: [needy, at("b", says("hello"))], permits: { a: "permit_1" } });
		expect(await permitted.text()).toBe("tried");
		expect(permitted.outcomes.map(({ permit }) => permit)).toContain("permit_1");
		expect(permitted.returned).toEqual([]);
	});

	it("gives signs of life for a trial until its first content", async () => {
		const trying: boolean[] = [];
		const watched: Manner = (call, signal) => {
			trying.push(tried.trying.has("permit_1"));
			return says("tried")(call, signal);
		};
		const target = { ...at("a", watched), candidate: { needsTrial: true } };
		const tried = run({ targets: [target], permits: { a: "permit_1" } });
		const answer = await tried.failover.run();
		expect(trying).toEqual([true]);
		expect(tried.trying.size).toBe(0);
		expect(tried.beating).toBe(stream ? 1 : 0);
		await textOf(answer);
		expect(tried.beating).toBe(0);
	});

	it("gives none for a trial that failed", async () => {
		const needy = { ...at("a", fails(500)), candidate: { needsTrial: true } };
		const tried = run({ targets: [needy, at("b", says("hello"))], permits: { a: "permit_1" } });
		expect(await tried.text()).toBe("hello");
		expect(tried.trying.size).toBe(0);
	});

	it("gives a permit back when there is no money to use it", async () => {
		const targets = [at("a", fails(500)), { ...at("b", says("tried")), candidate: { needsTrial: true } }];
		const tried = run({ targets, permits: { b: "permit_1" }, affords: 1 });
		await errorOf(tried);
		expect(tried.returned).toEqual(["permit_1"]);
	});

	it("is 503 when nobody may be asked", async () => {
		const until = Date.now() + 7_000;
		const tried = run({
			targets: [{ ...at("a", says("never")), candidate: { needsTrial: true } }],
			excluded: [{ target: "b/m", reason: "health:open", until }],
		});
		expect(await errorOf(tried)).toMatchObject({
			status: 503,
			code: "no_provider_available",
			retryAfterMs: 7_000,
			metadata: {
				skipped: [
					{ target: "b/m", reason: "health:open" },
					{ target: "a/m", reason: "trial_under_way" },
				],
			},
		});
		expect(tried.calls).toEqual([]);
	});

	it("waits for the only one where it is throttled and opens again soon", async () => {
		const shutUntil = Date.now() + 1_500;
		const throttled = { ...at("a", says("hello")), candidate: { shutUntil } };
		const tried = run({ targets: [throttled] });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(1_499);
		expect(tried.calls).toEqual([]);
		await vi.advanceTimersByTimeAsync(1);
		expect(await text).toBe("hello");
		const late = run({ targets: [{ ...throttled, candidate: { shutUntil: Date.now() + 2_500 } }] });
		expect(await errorOf(late)).toMatchObject({ code: "no_provider_available", retryAfterMs: 2_500 });
		const hurried = run({
			targets: [{ ...throttled, candidate: { shutUntil: Date.now() + 1_500 } }],
			limits: { totalMs: 1_000 },
		});
		expect(await errorOf(hurried)).toMatchObject({ code: "no_provider_available" });
	});

	it("tells of the next trial where a trial is under way, and not of when the target is let through again", async () => {
		const dead = { ...at("a", says("never")), candidate: { needsTrial: true, shutUntil: Date.now() + 1_800_000 } };
		expect(await errorOf(run({ targets: [dead] }))).toMatchObject({
			code: "no_provider_available",
			retryAfterMs: 30_000,
		});
	});

	it("waits for the first that may be tried again soon, and looks anew", async () => {
		const from = Date.now() + 1_000;
		const shut = { ...at("a", says("hello")), candidate: { needsTrial: true, shutUntil: from } };
		const tried = run({ targets: [shut], later: { from, candidate: { needsTrial: false, shutUntil: null } } });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(1_000);
		expect(await text).toBe("hello");
		const shutStill = run({ targets: [{ ...shut, candidate: { needsTrial: true, shutUntil: Date.now() + 1_000 } }] });
		const error = errorOf(shutStill);
		await vi.advanceTimersByTimeAsync(1_000);
		expect(await error).toMatchObject({ code: "no_provider_available" });
	});

	it("says when the first of all may serve again", async () => {
		const until = Date.now() + 4_000;
		const tried = run({
			targets: [at("a", fails(429, {}, { "retry-after": "9" })), at("b", fails(500))],
			excluded: [{ target: "c/m", reason: "health:open", until }],
		});
		expect(await errorOf(tried)).toMatchObject({ status: 429, retryAfterMs: 4_000, shouldRetry: false });
	});

	it.each(["content", "context"] as const)(
		"falls through a refusal of the %s where the alias says so",
		async (what) => {
			const code = { content: "content_policy_violation", context: "context_length_exceeded" }[what];
			const targets = [at("a", fails(400, { code })), at("b", says("hello"))];
			const fallThrough = { content: false, context: false, [what]: true };
			const tried = run({ targets, alias: { fallThrough } });
			expect(await tried.text()).toBe("hello");
			expect(tried.outcomes.find(({ provider }) => provider === "a")?.result).toBe("ignored");
			const failing = run({ targets: [at("a", fails(400, { code })), at("b", fails(500))], alias: { fallThrough } });
			expect(await errorOf(failing)).toMatchObject({ status: 400, code });
		},
	);

	it("begins nothing more when the caller has left", async () => {
		const caller = new AbortController();
		const tried = run({ targets: [at("a", silent), at("b", says("hello"))], caller: caller.signal });
		const outcome = errorOf(tried);
		await vi.advanceTimersByTimeAsync(500);
		caller.abort(new Error("left"));
		expect(await outcome).toMatchObject({ status: 499 });
		expect(tried.calls).toEqual(["a"]);
		expect(tried.outcomes.map(({ result }) => result)).toEqual(["ignored"]);
		expect(tried.settled).toMatchObject([{ void: false, estimated: true }]);
		expectBooksInOrder(tried);
	});

	it("is bounded by the caller's deadline over all attempts", async () => {
		const tried = run({ targets: [at("a", silent), at("b", says("hello"))], limits: { totalMs: 2_000 } });
		const outcome = errorOf(tried);
		await vi.advanceTimersByTimeAsync(2_000);
		expect(await outcome).toMatchObject({ status: 504, metadata: { stopped: "deadline" } });
		expect(tried.calls).toEqual(["a"]);
		expectBooksInOrder(tried);
	});
});

describe.each([true, false])("a mistake of the gateway's own in reading an answer, with stream %s", (stream) => {
	const mistake = new TypeError("cannot read properties of undefined");
	const targets = [at("a", says("hello")), at("b", says("hello"))];
	const run = (setting: Partial<Setting> = {}) => new TestRun({ targets, ...setting, request: { stream } });
	beforeEach(() => {
		const fail = () => {
			throw mistake;
		};
		vi.spyOn(openaiCompatible.chat, "decode").mockImplementation(fail);
		vi.spyOn(openaiCompatible.chat, "decoder").mockImplementation(() => ({ push: fail, end: fail }));
	});

	it.each([
		["alone", {}],
		["raced", { alias: { hedge: { afterMs: 1_000, mostHeld: 1_000_000_000 } } }],
		["verified", { alias: { escalate: true } }],
	] as [string, Partial<Setting>][])(
		"is told as it is, says nothing of the provider, and is paid for: %s",
		async (_, setting) => {
			const tried = run(setting);
			await expect(tried.text()).rejects.toBe(mistake);
			expect(tried.labels[0]).toBe("a:internal");
			expect(tried.outcomes.map(({ result, fault }) => [result, fault])).toEqual([["ignored", null]]);
			expect(tried.records).toMatchObject([{ end: "failed", fault: null, estimated: true }]);
			expect(tried.settled).toMatchObject([{ void: false, estimated: true }]);
			expect(tried.settled[0]?.actual).toBeGreaterThan(0);
			expect(tried.learnt).toEqual([]);
			expect(tried.calls).toEqual(["a"]);
			expectBooksInOrder(tried);
		},
	);
});

describe("a mistake of the gateway's own in the middle of a stream", () => {
	it("ends it as it is, lets go of the upstream, and says nothing of the provider", async () => {
		const mistake = new TypeError("not a function");
		vi.spyOn(chat, "writtenIn")
			.mockImplementationOnce(() => "one ")
			.mockImplementation(() => {
				throw mistake;
			});
		const tried = new TestRun({ targets: [at("a", stalls("one ", "two ")), at("b", says("hello"))] });
		await expect(tried.text()).rejects.toBe(mistake);
		expect(tried.outcomes.map(({ result }) => result)).toEqual(["ok"]);
		expect(tried.records).toMatchObject([{ end: "cut", fault: null, estimated: true }]);
		expect(tried.settled).toMatchObject([{ void: false, estimated: true }]);
		expectBooksInOrder(tried);
	});
});

describe.each([true, false])("escalation, with stream %s", (stream) => {
	const run = (setting: Setting) =>
		new TestRun({
			alias: { escalate: true },
			...setting,
			request: { stream, response_format: { type: "json_object" } },
		});
	const tier = (n: number) => ({ quality: { general: n, code: n, reasoning: n, vision: n, tools: n } });

	it("passes over an answer that is useless, which is paid for, and asks the next model", async () => {
		const tried = run({ targets: [at("a", says("no JSON")), at("b", says('{"a":1}'))] });
		expect(await tried.text()).toBe('{"a":1}');
		expect(tried.labels).toEqual(["a:escalated", "b:200"]);
		expect(tried.settled).toMatchObject([
			{ void: false, estimated: false },
			{ void: false, estimated: false },
		]);
		expect(tried.records.map(({ end }) => end)).toEqual(["answered", "answered"]);
		expect(tried.learnt).toEqual(["a:failed", "b:ok"]);
		expect(tried.outcomes.map(({ result }) => result)).not.toContain("failed");
		expectBooksInOrder(tried);
	});

	it("is left alone where the alias does not ask for it", async () => {
		const tried = run({ targets: [at("a", says("no JSON")), at("b", says("{}"))], alias: { escalate: false } });
		expect(await tried.text()).toBe("no JSON");
		expect(tried.calls).toEqual(["a"]);
	});

	it("gives the useless answer after all when nobody gives a better one", async () => {
		for (const second of [fails(500), says("no JSON either")]) {
			const tried = run({ targets: [at("a", says("no JSON")), at("b", second)] });
			expect(await tried.text()).toMatch(/^no JSON/);
			expect(tried.calls).toEqual(["a", "b"]);
			expectBooksInOrder(tried);
		}
		const poor = run({ targets: [at("a", says("no JSON")), at("b", says("{}"))], affords: 1 });
		expect(await poor.text()).toBe("no JSON");
		expect(poor.labels).toEqual(["a:200"]);
	});

	it("never goes to a model that is known to be weaker", async () => {
		const weak = { ...at("b", says("{}")), model: tier(2) };
		const equal = { ...at("c", says('{"c":1}')), model: tier(4) };
		const tried = run({ targets: [{ ...at("a", says("no JSON")), model: tier(4) }, weak, equal] });
		expect(await tried.text()).toBe('{"c":1}');
		expect(tried.calls).toEqual(["a", "c"]);
	});

	it("moves on from an answer that breaks as from any other failure", async () => {
		const tried = run({ targets: [at("a", breaks('{"a":')), at("b", says('{"b":1}'))] });
		expect(await tried.text()).toBe('{"b":1}');
		expect(tried.labels[1]).toBe("b:200");
		expectBooksInOrder(tried);
	});
});

describe("a stream", () => {
	it("moves on when its first token stalls, as soon as the limit says", async () => {
		for (const [setting, ms] of [
			[{ limits: { ttftMs: 800 } }, 800],
			[{ alias: { ttftTimeoutMs: 1_500 } }, 1_500],
			[{}, 60_000],
		] as const) {
			const tried = new TestRun({ targets: [at("a", stalls()), at("b", says("hello"))], ...setting });
			const text = tried.text();
			await vi.advanceTimersByTimeAsync(ms - 1);
			expect(tried.calls).toEqual(["a"]);
			await vi.advanceTimersByTimeAsync(1);
			expect(await text).toBe("hello");
			expect(tried.labels).toEqual(["a:timeout", "b:200"]);
			expect(tried.outcomes[0]).toMatchObject({ provider: "a", result: "failed", fault: "timeout", midstream: false });
			expectBooksInOrder(tried);
		}
	});

	it("moves on within seconds from one that does not even answer its headers", async () => {
		const tried = new TestRun({ targets: [at("a", silent), at("b", says("hello"))] });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(15_000);
		expect(await text).toBe("hello");
	});

	it("is committed while it is silent where nobody else could serve", async () => {
		const tried = new TestRun({ targets: [at("a", stalls())] });
		const answer = tried.failover.run();
		await vi.advanceTimersByTimeAsync(5_000);
		expect((await answer).kind).toBe("stream");
		expect(tried.labels).toEqual(["a:200"]);
		const rest = answer.then(({ ...all }) => (all.kind === "stream" ? all.stream.next() : null));
		await vi.advanceTimersByTimeAsync(15_000);
		expect(await rest).toBe("silent");
		const end = answer.then((all) => (all.kind === "stream" ? all.stream.next() : null));
		const fault = expect(end).resolves.toBe("silent");
		await vi.advanceTimersByTimeAsync(15_000);
		await fault;
		await answer.then((all) => (all.kind === "stream" ? all.stream.cancel() : null));
		expectBooksInOrder(tried);
	});

	it("does not count on somebody who would need a trial", async () => {
		const tried = new TestRun({
			targets: [at("a", stalls()), { ...at("b", says("b")), candidate: { needsTrial: true } }],
		});
		const answer = tried.failover.run();
		await vi.advanceTimersByTimeAsync(5_000);
		const { source, ...committed } = await answer;
		expect(source).toBe(tried.failover.attempts[0]);
		expect(tried.failover.attempts[0]?.label).toBe("a:200");
		if (committed.kind === "stream") committed.stream.cancel();
	});

	it("is left to a model that thinks hard, and committed to it before edges cut the connection", async () => {
		const thinker = { ...at("a", stalls()), model: { reasoning: true } };
		const tried = new TestRun({
			targets: [thinker, at("b", says("hello"))],
			request: { reasoning_effort: "high" },
		});
		const answer = tried.failover.run();
		await vi.advanceTimersByTimeAsync(60_000);
		const committed = await answer;
		expect(tried.labels).toEqual(["a:200"]);
		if (committed.kind === "stream") committed.stream.cancel();
	});

	it.each([
		["breaks off", breaks("one ", "two "), "truncated"],
		[
			"sends garbage",
			async () =>
				new Response(
					`${'data: {"choices":[{"index":0,"delta":{"content":"one "},"finish_reason":null}]}'}\n\ndata: {no\n\n`,
					{ headers: { "content-type": "text/event-stream" } },
				),
			"malformed",
		],
	] as const)("that %s after the first byte is an error, and nobody else is asked", async (_, manner, fault) => {
		const tried = new TestRun({ targets: [at("a", manner), at("b", says("hello"))] });
		await expect(tried.text()).rejects.toMatchObject({ fault: { kind: fault } });
		expect(tried.calls).toEqual(["a"]);
		expect(tried.outcomes).toMatchObject([
			{ result: "ok", midstream: false },
			{ result: "failed", midstream: true, fault },
		]);
		expect(tried.records).toMatchObject([{ end: "cut", fault }]);
		expectBooksInOrder(tried);
	});

	it("reports its first content at once, and the rest when it has ended", async () => {
		const tried = new TestRun({ targets: [at("a", says("hello"))] });
		await tried.text();
		expect(tried.outcomes).toMatchObject([
			{ result: "ok", ttftMs: 0, fingerprint: "" },
			{ result: "ignored", stream: { outputTokens: 2 }, prompt: { tokens: 10, cached: 0 } },
		]);
	});

	it("runs no longer than the caller's deadline, however lively it is", async () => {
		const tried = new TestRun({ targets: [at("a", stalls("one "))], limits: { totalMs: 30_000 } });
		const text = expect(tried.text()).rejects.toMatchObject({ fault: { kind: "timeout" } });
		await vi.advanceTimersByTimeAsync(30_000);
		await text;
	});
});

describe("an alias that wants a pace", () => {
	const run = (setting: Setting) =>
		new TestRun({ ...setting, alias: { slowStream: { tokensPerSecond: 10, forMs: 3_000 } } });

	it("abandons a stream that begins too slowly, and charges what came", async () => {
		const tried = run({ targets: [at("a", stalls("one ", "two ")), at("b", says("hello"))] });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(3_000);
		expect(await text).toBe("hello");
		expect(tried.labels).toEqual(["a:slow", "b:200"]);
		expect(tried.settled[0]).toMatchObject({ void: false, estimated: true });
		expect(tried.outcomes.map(({ result }) => result)).not.toContain("failed");
		expectBooksInOrder(tried);
	});

	it("passes on a quick stream with all that came meanwhile, and a short one at once", async () => {
		const quick = run({ targets: [at("a", stalls(...Array(40).fill("word "))), at("b", says("hello"))] });
		const answer = quick.failover.run();
		await vi.advanceTimersByTimeAsync(3_000);
		const committed = await answer;
		if (committed.kind !== "stream") throw new Error("not a stream");
		expect(await committed.stream.next()).toHaveLength(40);
		committed.stream.cancel();
		const short = run({ targets: [at("a", says("hi")), at("b", says("hello"))] });
		expect(await short.text()).toBe("hi");
	});

	it("takes what it gets where nobody else could be asked", async () => {
		const tried = run({ targets: [at("a", stalls("one "))] });
		const answer = await tried.failover.run();
		expect(tried.labels).toEqual(["a:200"]);
		if (answer.kind === "stream") answer.stream.cancel();
	});

	it("tells of it when the others fail", async () => {
		const tried = run({ targets: [at("a", stalls("one ")), at("b", fails(400))] });
		const outcome = errorOf(tried);
		await vi.advanceTimersByTimeAsync(3_000);
		expect((await outcome).metadata?.attempts).toMatchObject([{ target: "a/m", reason: "timeout" }, { target: "b/m" }]);
	});
});

describe("the retry budget", () => {
	it("is not used up by failures that others make good", async () => {
		for (let i = 0; i < 100; i++) {
			expect(await new TestRun({ isolate, targets: [at("a", fails(500)), at("b", says("hello"))] }).text()).toBe(
				"hello",
			);
		}
	});

	it("leaves one failing attempt in ten, and one in ten seconds, when everything fails", async () => {
		let further = 0;
		const request = async () => {
			const tried = new TestRun({ isolate, targets: [at("a", fails(500)), at("b", fails(500))] });
			await errorOf(tried);
			further += tried.calls.length - 1;
		};
		for (let i = 0; i < 10; i++) await request();
		expect(further).toBe(10);
		await request();
		expect(further).toBe(11);
		for (let i = 0; i < 50; i++) await request();
		expect(further).toBe(11);
		await vi.advanceTimersByTimeAsync(10_000);
		await request();
		await request();
		expect(further).toBe(12);
	});

	it("of one team leaves others alone", async () => {
		for (let i = 0; i < 30; i++) {
			await errorOf(new TestRun({ isolate, targets: [at("a", fails(500)), at("b", fails(500))] }));
		}
		const spent = new TestRun({ isolate, targets: [at("a", fails(500)), at("b", says("hello"))] });
		expect((await errorOf(spent)).metadata).toMatchObject({ skipped: [{ target: "b/m", reason: "retry_budget" }] });
		const other = new TestRun({ isolate, targets: [at("a", fails(500)), at("b", says("hello"))], team: "team_2" });
		expect(await other.text()).toBe("hello");
	});
});
