import { afterEach, describe, expect, it } from "vitest";
import { BUILT_IN_TABLE } from "#providers/built-in-providers";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { issueKey } from "#test/worker/admin/admin-client";
import { chat, completion, events, failure, mend, send, user } from "#test/worker/gateway";

afterEach(mend);

const served = (headers: Headers) => `${headers.get("x-tollgate-provider")}/${headers.get("x-tollgate-model")}`;

describe("which model serves", () => {
	it.each(BUILT_IN_PROVIDERS)("%s alone means its default model", async (provider) => {
		const { headers } = await completion({ provider, messages: user("Hi") });
		expect(served(headers)).toBe(`${provider}/${BUILT_IN_TABLE[provider].defaultModel}`);
	});

	it.each([
		["provider/model", { model: "openrouter/openai/gpt-oss-120b" }, "openrouter/openai/gpt-oss-120b"],
		["a bare id", { model: "gpt-4.1" }, "openai/gpt-4.1"],
		["an id with slashes of its own", { model: "@cf/openai/gpt-oss-20b" }, "workers-ai/@cf/openai/gpt-oss-20b"],
		[
			"another vendor's prefix inside an id",
			{ model: "deepseek-ai/DeepSeek-V4-Pro" },
			"siliconflow/deepseek-ai/DeepSeek-V4-Pro",
		],
		["an alias of the vendor", { model: "gpt-5.6" }, "openai/gpt-5.6-sol"],
		["any case", { model: "OpenAI/GPT-4.1" }, "openai/gpt-4.1"],
		[
			"a provider and a bare model",
			{ provider: "siliconflow", model: "openai/gpt-oss-120b" },
			"siliconflow/openai/gpt-oss-120b",
		],
		["a provider and a prefixed model", { provider: "openai", model: "openai/gpt-4.1" }, "openai/gpt-4.1"],
		["a list of models", { models: ["no-such-model", "gpt-4.1"] }, "openai/gpt-4.1"],
		[
			"a preference",
			{ model: "openai/gpt-oss-120b", provider: { only: ["siliconflow"] } },
			"siliconflow/openai/gpt-oss-120b",
		],
		[
			"an aversion",
			{ model: "openai/gpt-oss-120b", provider: { ignore: ["openrouter"] } },
			"siliconflow/openai/gpt-oss-120b",
		],
	])("by %s", async (_, wanted, expected) => {
		const { headers } = await completion({ ...wanted, messages: user("Hi") });
		expect(served(headers)).toBe(expected);
	});

	it.each([
		["an unknown model that no vendor could mean", { model: "gtp-4.1" }, 404, "model", /did you mean `gpt-4\.1`/],
		[
			"an unknown model of a provider",
			{ provider: "workers-ai", model: "cf/openai/gpt-oss-20b" },
			404,
			"model",
			/did you mean `@cf\/openai\/gpt-oss-20b`/,
		],
		["an unknown provider", { provider: "opena1" }, 404, "provider", /did you mean `openai`/],
		["a member of every object as provider", { provider: "constructor" }, 404, "provider", /no provider `constructor`/],
		["a member of every object as model", { model: "__proto__/x" }, 404, "model", /no model `__proto__\/x`/],
	])("hears of %s", async (_, wanted, status, param, words) => {
		const { error, ...answer } = await failure(chat({ ...wanted, messages: user("Hi") }));
		expect(answer.status).toBe(status);
		expect(error.param).toBe(param);
		expect(error.message).toMatch(words);
		expect(error.message).toMatch(/^\[gateway\] /);
	});

	it("is limited by the key's policy, in the list of models too", async () => {
		const { key } = await issueKey({ models: ["gpt-4.1*"], providers: ["openai"] });
		const headers = { authorization: `Bearer ${key}` };
		const list = await send("http://gateway/v1/models", { headers });
		const { data } = await list.json<{ data: { id: string }[] }>();
		expect(data.map(({ id }) => id)).toEqual(["openai/gpt-4.1", "openai/gpt-4.1-mini", "openai/gpt-4.1-nano"]);
		expect((await chat({ model: "gpt-4.1", messages: user("Hi") }, headers)).status).toBe(200);
		const { error } = await failure(chat({ model: "gpt-4o", messages: user("Hi") }, headers));
		expect(error.code).toBe("model_not_allowed");
		const hidden = await failure(send("http://gateway/v1/models/gpt-4o", { headers }));
		expect(hidden.status).toBe(404);
	});
});

describe("what a request may look like", () => {
	const hello = { model: "gpt-4.1", messages: user("Hello") };

	it("null means absent", async () => {
		const nulls = {
			temperature: null,
			tools: null,
			tool_choice: null,
			stop: null,
			n: null,
			stream: null,
			stream_options: null,
		};
		const { answer } = await completion({ ...hello, ...nulls, response_format: null, max_tokens: null, user: null });
		expect(answer.choices[0]?.message.content).toContain("Hello");
	});

	it.each(["max_tokens", "max_completion_tokens"])("%s limits the answer", async (field) => {
		const { answer } = await completion({ ...hello, [field]: 2 });
		expect(answer.choices[0]?.finish_reason).toBe("length");
		expect(answer.usage.completion_tokens).toBe(2);
	});

	it("the newer limit wins", async () => {
		const { answer } = await completion({ ...hello, max_tokens: 2, max_completion_tokens: 3 });
		expect(answer.usage.completion_tokens).toBe(3);
	});

	it("the deprecated form of tools is answered in its own form", async () => {
		const functions = [{ name: "get_time", parameters: { type: "object", properties: {} } }];
		const { answer } = await completion({ ...hello, functions, function_call: { name: "get_time" } });
		expect(answer.choices[0]).toMatchObject({
			message: { function_call: { name: "get_time" } },
			finish_reason: "function_call",
		});
		const stream = await events(await chat({ ...hello, functions, function_call: { name: "get_time" }, stream: true }));
		expect(stream.join("")).toContain('"function_call":{');
		expect(stream.at(-1)).toBe("[DONE]");
	});

	it("fields that differ from known ones only in how they are written reach nobody and are named", async () => {
		const body = { model: "openai/gpt-6-luna", messages: user("Hi"), max_tokens: 5, MAX_TOKENS: 5000, N: 3 };
		const { answer, headers } = await completion(body);
		expect(answer.choices).toHaveLength(1);
		expect(answer.usage.completion_tokens).toBeLessThanOrEqual(5);
		expect(headers.get("x-tollgate-dropped")).toBe("MAX_TOKENS,N");
	});

	it("fields that a translated provider has no counterpart for are dropped by name", async () => {
		const { headers } = await completion({ ...hello, model: "anthropic/claude-haiku-5-5", seed: 1, x_unknown: 2 });
		expect(headers.get("x-tollgate-dropped")?.split(",")).toEqual(expect.arrayContaining(["seed", "x_unknown"]));
		const { headers: passed } = await completion({ ...hello, seed: 1 });
		expect(passed.get("x-tollgate-dropped")).toBeNull();
	});

	it.each(["gemini/gemini-2.5-flash", "anthropic/claude-haiku-5-5"])(
		"%s is not asked for what would change the meaning",
		async (model) => {
			const { error } = await failure(
				chat({ ...hello, model, audio: { voice: "alloy", format: "wav" }, modalities: ["text", "audio"] }),
			);
			expect(error).toMatchObject({ code: "unsupported_parameter", type: "invalid_request_error" });
			expect(error.param).toMatch(/^(audio|modalities)$/);
		},
	);
});

describe("a body that is not a request", () => {
	it.each([
		["nothing", "", /empty/],
		["broken JSON", '{"model": ', /not valid JSON/],
		["no object", "[1, 2]", /JSON object/],
		["bytes that are no text", "\ud800", /JSON|UTF-8/],
		["nesting without end", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, /nested more than 64/],
		[
			"nesting within a field",
			`{"model":"gpt-4.1","messages":${"[".repeat(65)}${"]".repeat(65)}}`,
			/nested more than 64/,
		],
	])("%s is a 400 that says so", async (_, body, words) => {
		const { status, error } = await failure(chat(body));
		expect(status).toBe(400);
		expect(error.message).toMatch(words);
	});

	it("more than 28 MiB is a 413, by what comes and not by what is claimed", async () => {
		const text = JSON.stringify({ model: "gpt-4.1", messages: user("x".repeat(29 * 1024 * 1024)) });
		expect((await failure(chat(text))).status).toBe(413);
		const bytes = new TextEncoder().encode(text);
		const body = new ReadableStream<Uint8Array>({
			start(controller) {
				for (let at = 0; at < bytes.length; at += 1 << 20) controller.enqueue(bytes.subarray(at, at + (1 << 20)));
				controller.close();
			},
		});
		const unclaimed = send("http://gateway/v1/chat/completions", {
			method: "POST",
			headers: { authorization: "Bearer test-key-123" },
			body,
		});
		expect(await failure(unclaimed)).toMatchObject({ status: 413, error: { code: "request_too_large" } });
	});

	it("names that every object has stay data", async () => {
		const body =
			'{"model":"gpt-4.1","messages":[{"role":"user","content":"Hi"}],"__proto__":{"stream":true},"constructor":1}';
		const response = await chat(body);
		expect(response.headers.get("content-type")).toMatch(/^application\/json/);
		await response.text();
	});
});

describe("a picture of 20 MiB", () => {
	const MIB = 1024 * 1024;
	const picture = (bytes: number) => ({
		model: "gpt-4.1",
		stream: true,
		messages: user([
			{ type: "text", text: "What is this?" },
			{ type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat((bytes / 3) * 4)}` } },
		]),
	});

	it("is answered, and takes its room in the isolate until the answer was read, the caller left or it was refused", async () => {
		const first = await chat(picture(20 * MIB - ((20 * MIB) % 3)));
		expect(first.status, first.ok ? "" : await first.text()).toBe(200);
		const refused = await failure(chat(picture(18 * MIB)));
		expect(refused).toMatchObject({ status: 503, error: { code: "large_bodies_full" } });
		expect(refused.headers.get("retry-after")).toBe("1");
		await first.body?.cancel();
		const second = await chat(picture(18 * MIB));
		expect(second.status).toBe(200);
		await second.text();
		const mistaken = await failure(chat({ ...picture(18 * MIB), temperature: "warm" }));
		expect(mistaken.status).toBe(400);
		const anthropic = await send("http://gateway/v1/messages", {
			method: "POST",
			headers: { "x-api-key": "test-key-123", "anthropic-version": "2023-06-01" },
			body: JSON.stringify({ model: "gpt-4.1", max_tokens: 20, messages: user("x".repeat(29 * MIB)) }),
		});
		expect(anthropic.status).toBe(413);
		expect(await anthropic.json()).toMatchObject({ type: "error", error: { type: "request_too_large" } });
		const third = await chat({ ...picture(18 * MIB), stream: false }, { "idempotency-key": "large-1" });
		expect(third.status).toBe(200);
		await third.text();
		expect((await chat(picture(18 * MIB))).status).toBe(200);
	});
});

describe("a stream", () => {
	it("begins with the role, ends with usage only when asked, and carries no usage otherwise", async () => {
		const ask = { model: "gpt-4.1", messages: user("Hi"), stream: true };
		const plain = await events(await chat(ask));
		expect(JSON.parse(plain[0] ?? "").choices[0].delta).toMatchObject({ role: "assistant" });
		expect(plain.join("")).not.toContain('"usage"');
		const metered = await events(await chat({ ...ask, stream_options: { include_usage: true } }));
		expect(metered.at(-1)).toBe("[DONE]");
		expect(JSON.parse(metered.at(-2) ?? "")).toMatchObject({ choices: [], usage: { cost: expect.any(Number) } });
		expect(metered.slice(0, -2).every((event) => JSON.parse(event).usage === null)).toBe(true);
	});

	it("costs what the same whole answer costs", async () => {
		const ask = { model: "deepseek/deepseek-flash", messages: user("Write 30 words") };
		const { answer } = await completion(ask);
		const stream = await events(await chat({ ...ask, stream: true, stream_options: { include_usage: true } }));
		expect(JSON.parse(stream.at(-2) ?? "").usage).toEqual(answer.usage);
	});

	it("says who serves in its headers, and is never stored on the way", async () => {
		const response = await chat({ model: "gpt-4.1", messages: user("Hi"), stream: true });
		expect(response.headers.get("cache-control")).toBe("no-store");
		expect(served(response.headers)).toBe("openai/gpt-4.1");
		expect(response.headers.get("server-timing")).toMatch(/^upstream;dur=\d+, gw;dur=\d+$/);
		await response.text();
	});
});
