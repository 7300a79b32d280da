import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";

interface Line {
	requests: number;
	unbilled: number;
	nano_usd: number;
}
interface Billing {
	requests: number;
	unbilled: number;
	total_nano_usd: number;
	providers: Record<string, Line & { models: Record<string, Line> }>;
}

const simulator = env.SIMULATOR as Fetcher;

afterEach(async () => {
	await control("DELETE", "faults");
	await control("DELETE", "billing");
});

function control(method: string, path: string, body?: unknown): Promise<Response> {
	return exports.default.fetch(`http://gateway/_simulator/${path}`, {
		method,
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
}

async function billing(): Promise<Billing> {
	return (await control("GET", "billing")).json<Billing>();
}

async function faults(...list: unknown[]): Promise<void> {
	const response = await control("PUT", "faults", list);
	expect(response.status, await response.text()).toBe(200);
}

function chat(more: Record<string, unknown> = {}, signal?: AbortSignal): Promise<Response> {
	return simulator.fetch("https://simulator/openai/v1/chat/completions", {
		method: "POST",
		body: JSON.stringify({ model: "gpt-4.1", messages: [{ role: "user", content: "Hello AI!" }], ...more }),
		...(signal === undefined ? {} : { signal }),
	});
}

/** Reads a body to its end or its break. */
async function drain(response: Response): Promise<{ text: string; broken: boolean }> {
	const decoder = new TextDecoder();
	let text = "";
	const reader = (response.body as ReadableStream<Uint8Array>).getReader();
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return { text, broken: false };
			text += decoder.decode(value, { stream: true });
		}
	} catch {
		return { text, broken: true };
	}
}

describe("the books", () => {
	it("bill a whole answer by the catalog's prices for the usage that it reports", async () => {
		const response = await chat();
		expect(response.headers.get("x-tollgate-simulated")).toBe("true");
		const { usage } = await response.json<{ usage: { prompt_tokens: number; completion_tokens: number } }>();
		// gpt-4.1: 2 and 8 dollars per million tokens.
		const cost = usage.prompt_tokens * 2000 + usage.completion_tokens * 8000;
		const line = { requests: 1, unbilled: 0, nano_usd: cost };
		expect(await billing()).toEqual({
			requests: 1,
			unbilled: 0,
			total_nano_usd: cost,
			providers: { openai: { ...line, models: { "gpt-4.1": line } } },
		});
	});

	it("bill a stream before its last bytes can be read, as much as the same answer whole", async () => {
		await (await chat({ n: 2 })).json();
		const whole = (await billing()).total_nano_usd;
		await drain(await chat({ n: 2, stream: true }));
		expect((await billing()).total_nano_usd).toBe(2 * whole);
	});

	it("stay exact under many requests at once", async () => {
		const one = (await (await chat()).json<{ usage: { prompt_tokens: number; completion_tokens: number } }>()).usage;
		await Promise.all(Array.from({ length: 60 }, async (_, at) => drain(await chat({ stream: at % 2 === 0 }))));
		const { requests, total_nano_usd } = await billing();
		expect(requests).toBe(61);
		expect(total_nano_usd).toBe(61 * (one.prompt_tokens * 2000 + one.completion_tokens * 8000));
	});

	it("bill a stream that its reader leaves for what was produced by then", async () => {
		await (await chat({ messages: [{ role: "user", content: "Write 3000 words." }] })).json();
		const whole = (await billing()).total_nano_usd;
		const response = await chat({ stream: true, messages: [{ role: "user", content: "Write 3000 words." }] });
		const reader = (response.body as ReadableStream<Uint8Array>).getReader();
		await reader.read();
		await reader.cancel();
		await vi.waitFor(async () => expect((await billing()).requests).toBe(2));
		const left = (await billing()).total_nano_usd - whole;
		expect(left).toBeGreaterThan(0);
		expect(left).toBeLessThan(whole);
	});

	it("bill nothing for what the vendor refuses, and count it", async () => {
		expect((await chat({ colour: "red" })).status).toBe(400);
		expect((await chat({ model: "gpt-2" })).status).toBe(404);
		expect(await billing()).toMatchObject({ requests: 0, unbilled: 2, total_nano_usd: 0 });
	});

	it("charge an added provider's models a fixed price", async () => {
		const response = await simulator.fetch("https://simulator/acme/v1/chat/completions", {
			method: "POST",
			body: JSON.stringify({ model: "anything", messages: [{ role: "user", content: "Hi" }] }),
		});
		const { usage } = await response.json<{ usage: { prompt_tokens: number; completion_tokens: number } }>();
		expect((await billing()).providers.acme?.nano_usd).toBe(
			usage.prompt_tokens * 1000 + usage.completion_tokens * 2000,
		);
	});
});

describe("the face to the outside", () => {
	it("forwards to the vendors", async () => {
		const response = await exports.default.fetch("http://gateway/_simulator/openai/v1/chat/completions", {
			method: "POST",
			body: JSON.stringify({ model: "gpt-4.1", messages: [{ role: "user", content: "Hello AI!" }] }),
		});
		const { choices } = await response.json<{ choices: { message: { content: string } }[] }>();
		expect(choices[0]?.message.content).toBe("You said “Hello AI!”.");
	});

	it.each([
		["openai/v1", "gpt-6-luna"],
		["deepseek", "deepseek-flash"],
		["gemini/v1beta", "models/gemini-3.8-flash"],
		["openrouter/api/v1", "openai/gpt-5.5"],
		["siliconflow/v1", "Qwen/Qwen3-8B"],
		["anthropic/v1", "claude-opus-5-5"],
		["acme/v1", "simulated"],
	])("lists the models of %s", async (base, model) => {
		const response = await simulator.fetch(`https://simulator/${base}/models`);
		expect(response.status).toBe(200);
		expect(await response.text()).toContain(`"${model}"`);
	});

	it("lets a caller in without a credential, and refuses one in another vendor's header", async () => {
		const call = (headers: Record<string, string>) =>
			simulator.fetch("https://simulator/openai/v1/chat/completions", {
				method: "POST",
				headers,
				body: JSON.stringify({ model: "gpt-4.1", messages: [{ role: "user", content: "Hi" }] }),
			});
		expect((await call({})).status).toBe(200);
		expect((await call({ authorization: "Bearer x" })).status).toBe(200);
		expect((await call({ "x-api-key": "x" })).status).toBe(401);
		expect((await call({ authorization: "x" })).status).toBe(401);
	});

	it("answers paths that a vendor does not have in its error shape", async () => {
		const response = await simulator.fetch("https://simulator/anthropic/v1/chat/completions", {
			method: "POST",
			body: "{}",
		});
		expect(response.status).toBe(404);
		expect(await response.json()).toMatchObject({ type: "error", error: { type: "not_found_error" } });
	});
});

describe("faults", () => {
	it("are shown with what is left of them, and cleared", async () => {
		await faults({ provider: "openai", fault: "error", status: 503, times: 2 }, { fault: "latency", ms: 1 });
		expect((await chat()).status).toBe(503);
		expect(await (await control("GET", "faults")).json()).toEqual([
			{ provider: "openai", fault: "error", status: 503, times: 1 },
			{ fault: "latency", ms: 1 },
		]);
		expect((await chat()).status).toBe(503);
		expect((await chat()).status).toBe(200);
		await control("DELETE", "faults");
		expect(await (await control("GET", "faults")).json()).toEqual([]);
	});

	it.each([
		[[{ fault: "error" }], "0.status"],
		[[{ fault: "slow", ms: -1 }], "0.ms"],
		[[{ fault: "hiccup" }], "0.fault"],
		[{ fault: "reset" }, "faults"],
	])("are refused when they make no sense, with a sentence that says where", async (list, where) => {
		const response = await control("PUT", "faults", list);
		expect(response.status).toBe(400);
		const { error } = await response.json<{ error: { message: string } }>();
		expect(error.message).toContain(where);
	});

	it("strike only the provider and model that they name", async () => {
		await faults({ provider: "openai", model: "gpt-4o*", fault: "error", status: 500 });
		expect((await chat()).status).toBe(200);
		expect((await chat({ model: "gpt-4o-mini" })).status).toBe(500);
	});

	it("error: the vendor's own body, or the one given, unbilled", async () => {
		await faults(
			{ fault: "error", status: 429, times: 1, headers: { "retry-after": "7" } },
			{ fault: "error", status: 418, times: 1, body: { odd: true } },
			{ fault: "error", status: 502, times: 1, body: "bad gateway" },
		);
		const first = await chat();
		expect([first.status, first.headers.get("retry-after")]).toEqual([429, "7"]);
		expect(await first.json()).toMatchObject({ error: { code: "rate_limit_exceeded" } });
		expect(await (await chat()).json()).toEqual({ odd: true });
		expect(await (await chat()).text()).toBe("bad gateway");
		expect((await billing()).total_nano_usd).toBe(0);
	});

	it("reset: the call itself fails", async () => {
		await faults({ fault: "reset" });
		await expect(chat()).rejects.toThrow("Network connection lost.");
		expect(await billing()).toMatchObject({ requests: 0, unbilled: 1 });
	});

	it("hang_before_headers: nothing comes until the caller gives up", async () => {
		await faults({ fault: "hang_before_headers" });
		const patience = new AbortController();
		const call = chat({}, patience.signal);
		const outcome = await Promise.race([
			call.then(() => "answered"),
			// The request has arrived when the books have it.
			vi.waitFor(async () => expect((await billing()).unbilled).toBe(1)).then(() => "silent"),
		]);
		expect(outcome).toBe("silent");
		patience.abort(new Error("enough"));
		await expect(call).rejects.toThrow("enough");
	});

	it("hang_after_headers: the stream falls silent, and is billed as far as it came", async () => {
		await faults({ fault: "hang_after_headers", after: 1 });
		const response = await chat({ stream: true });
		const reader = (response.body as ReadableStream<Uint8Array>).getReader();
		const decoder = new TextDecoder();
		let text = "";
		while (!text.includes('"You"}')) text += decoder.decode((await reader.read()).value, { stream: true });
		const silent = reader.read();
		await vi.waitFor(async () => expect((await billing()).requests).toBe(1));
		expect(await Promise.race([silent.then(() => "more"), billing().then(() => "silent")])).toBe("silent");
		await reader.cancel();
	});

	it("cut_mid_stream: the body breaks, whole answers too", async () => {
		await faults({ fault: "cut_mid_stream" });
		const streamed = await drain(await chat({ stream: true }));
		expect(streamed.broken).toBe(true);
		expect(streamed.text).toContain('"You"');
		expect(streamed.text).not.toContain('finish_reason":"stop');
		const whole = await drain(await chat());
		expect(whole.broken).toBe(true);
		expect(whole.text).not.toBe("");
		expect(await billing()).toMatchObject({ requests: 2, unbilled: 0 });
	});

	it("clean_eof_mid_stream: the body ends early without a sign", async () => {
		await faults({ fault: "clean_eof_mid_stream" });
		const { text, broken } = await drain(await chat({ stream: true }));
		expect(broken).toBe(false);
		expect(text).toContain('"You"');
		expect(text).not.toContain("[DONE]");
		const whole = await drain(await chat());
		expect(() => JSON.parse(whole.text)).toThrow();
	});

	it("error_frame: the vendor's error within a 200, anywhere in it", async () => {
		await faults({ fault: "error_frame", after: 0, times: 1 }, { fault: "error_frame" });
		const early = await drain(await chat({ stream: true }));
		expect(early.text).toContain('"error":{');
		expect(early.text).not.toContain('"You"');
		const late = await drain(await chat({ stream: true }));
		expect(late.text).toMatch(/"You"[\s\S]*"error":\{/);
		const whole = await chat();
		expect(whole.status).toBe(200);
		expect(await whole.json()).toHaveProperty("error");
	});

	it("garbage, empty, html: a success that is none", async () => {
		await faults({ fault: "garbage", times: 2 }, { fault: "empty", times: 1 }, { fault: "html", times: 1 });
		const stream = await chat({ stream: true });
		expect(stream.headers.get("content-type")).toContain("text/event-stream");
		expect((await drain(stream)).text).not.toContain("[DONE]");
		await expect((await chat()).json()).rejects.toThrow(SyntaxError);
		expect(await (await chat()).text()).toBe("");
		const page = await chat();
		expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
	});

	it("latency and slow: the answer comes late and in steps, otherwise whole", async () => {
		await faults({ fault: "latency", ms: 30 }, { fault: "slow", ms: 10 });
		const before = Date.now();
		const response = await chat({ stream: true });
		const headers = Date.now() - before;
		const { text } = await drain(response);
		expect(headers).toBeGreaterThanOrEqual(28);
		expect(Date.now() - before - headers).toBeGreaterThanOrEqual(40);
		expect(text).toContain("[DONE]");
	});
});

describe("streams", () => {
	it("come in pieces that split frames and characters", async () => {
		const response = await chat({ stream: true, messages: [{ role: "user", content: "Write 60 words." }] });
		const reader = (response.body as ReadableStream<Uint8Array>).getReader();
		const pieces: Uint8Array[] = [];
		for (let step = await reader.read(); !step.done; step = await reader.read()) pieces.push(step.value);
		const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;
		expect(pieces.some((piece) => isContinuation(piece[0]))).toBe(true);
		const ends = pieces.map((piece) => new TextDecoder().decode(piece.slice(-2)));
		expect(ends.some((end) => end !== "\n\n")).toBe(true);
	});
});
