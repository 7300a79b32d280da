import { beforeAll, describe, expect, test } from "vitest";
import { isPlayed, PRESET_NAMES, type PresetName, presetOf } from "#providers/presets/presets";
import { admin, errorOf } from "#test/worker/admin/admin-client";
import { type Completion, chat, completion, events, failure, send, user } from "#test/worker/gateway";

// The simulator plays each vendor from its documents; an adapter that leaves in what a vendor refuses is refused here.

const PLAYED = PRESET_NAMES.filter((name) => isPlayed(name, addressOf(name)));
/** A model of each that does what there is to show, as an admin writes it. */
const MODELS: Partial<Record<PresetName, object>> = {
	xai: { id: "grok-4", reasoning: true },
	moonshot: { id: "kimi-k2.6", reasoning: true },
	dashscope: { id: "qwen3-32b", reasoning: true },
};
const PRICES = [{ input: 1, output: 2 }];
const CLOCK = { type: "function", function: { name: "get_time", parameters: { type: "object", properties: {} } } };
const WEATHER = {
	type: "function",
	function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};
/** What a client of OpenAI may say in passing: an answer is an answer without it. */
const IN_PASSING = {
	messages: [{ role: "user", name: "alice", content: "Hello." }],
	max_completion_tokens: 200,
	metadata: { trace: "1" },
	store: false,
	verbosity: "low",
	prompt_cache_key: "mine",
	user: "alice",
	temperature: 0,
	seed: 7,
	stop: ["wild"],
};

function addressOf(name: PresetName): string {
	const { baseUrl, example } = presetOf(name);
	return baseUrl ?? String(example).toLowerCase();
}

function modelOf(name: PresetName): string {
	const { id } = { id: "some-model", ...MODELS[name] };
	return `${name}/${id}`;
}

beforeAll(async () => {
	for (const preset of PLAYED) {
		const models = [{ id: "some-model", prices: PRICES, ...MODELS[preset] }];
		const added = await admin("POST", "/providers", { preset, models });
		expect(added.status, added.text).toBe(201);
	}
});

test("presets are listed with their addresses, and all but those on the admin's own machines are played here", async () => {
	const { body } = await admin("GET", "/provider-presets");
	const presets = body.data as { id: string; base_url: string | null; credential: string; quirks: string[] }[];
	expect(presets.map(({ id }) => id)).toEqual(PRESET_NAMES);
	expect(PLAYED).toHaveLength(PRESET_NAMES.length - 3);
	for (const { id, base_url, credential, quirks } of presets) {
		expect(quirks.length).toBeGreaterThan(0);
		if (credential === "local") expect(base_url).toMatch(/^http:\/\/localhost:/);
		else expect(base_url ?? "", id).toMatch(id === "azure-openai" ? /^$/ : /^https:\/\//);
	}
});

describe.each(PLAYED)("%s", (preset) => {
	const model = modelOf(preset);
	// Words whose loss would change the answer are refused by the gateway, so they are left out where they are.
	const passing = preset === "xai" ? { ...IN_PASSING, stop: undefined } : IN_PASSING;

	test("is served what a client of OpenAI says in passing, whole and streamed, at what the vendor bills", async () => {
		await send("http://gateway/_simulator/billing", { method: "DELETE" });
		const { answer } = await completion({ model, ...passing });
		expect(answer.choices[0]?.message.content).toContain("Hello.");
		const response = await chat({ model, ...passing, stream: true, stream_options: { include_usage: true } });
		const frames = await events(response);
		expect(response.status, frames.join()).toBe(200);
		const usage = frames.flatMap((data) => (data === "[DONE]" ? [] : ((JSON.parse(data) as Completion).usage ?? [])));
		expect(usage).toHaveLength(1);
		const bill = await (await send("http://gateway/_simulator/billing")).json<{ total_nano_usd: number }>();
		if (preset !== "azure-openai") {
			expect(Math.round((answer.usage.cost + Number(usage[0]?.cost)) * 1e9)).toBe(bill.total_nano_usd);
		}
	});

	test("goes on after a tool call of another vendor's", async () => {
		const { answer } = await completion({
			model,
			messages: [
				{ role: "user", content: "The time?" },
				{
					role: "assistant",
					content: null,
					tool_calls: [
						{ id: "call_of-another_vendor", type: "function", function: { name: "get_time", arguments: "{}" } },
					],
				},
				{ role: "tool", tool_call_id: "call_of-another_vendor", content: "noon" },
			],
			...(preset !== "perplexity" && { tools: [CLOCK] }),
		});
		expect(answer.choices[0]?.message.content).toContain("noon");
	});

	test("does as it is told with a tool, or the gateway says that it cannot", async () => {
		for (const choice of ["auto", "none", "required", { type: "function", function: { name: "get_weather" } }]) {
			const response = await chat({
				model,
				messages: user("Hello."),
				tools: [CLOCK, WEATHER],
				tool_choice: choice,
				parallel_tool_calls: false,
			});
			const { choices, error } = await response.json<Completion & { error?: { code: string } }>();
			if (response.status === 400) {
				expect(["unsupported_parameter", "no_candidate"]).toContain(error?.code);
				continue;
			}
			expect(response.status, JSON.stringify(error)).toBe(200);
			const calls = choices[0]?.message.tool_calls as { function: { name: string } }[] | undefined;
			if (choice === "required") expect(calls).toHaveLength(1);
			else if (typeof choice === "object") expect(calls?.map((call) => call.function.name)).toEqual(["get_weather"]);
		}
	});

	test("is not asked for what it cannot do and would be another answer without", async () => {
		for (const demand of [{ n: 2 }, { logit_bias: { 1: 2 } }, { logprobs: true }, { stop: ["a", "b"] }]) {
			const response = await chat({ model, messages: user("Hello."), ...demand });
			const { error } = await response.json<{ error?: { code: string; message: string } }>();
			if (response.status !== 200)
				expect(error, JSON.stringify(demand)).toMatchObject({ code: "unsupported_parameter" });
		}
	});
});

test.each(PLAYED.filter((name) => !["azure-openai"].includes(name)))(
	"%s refuses by itself what the gateway spares it",
	async (preset) => {
		const { pathname } = new URL(addressOf(preset));
		const response = await send(`http://gateway/_simulator/${preset}${pathname.replace(/\/$/, "")}/chat/completions`, {
			method: "POST",
			body: JSON.stringify({ model: modelOf(preset).split("/")[1], ...IN_PASSING }),
		});
		const told = await response.json<{ base_resp?: { status_code: number } }>();
		expect(response.status >= 400 || (told.base_resp?.status_code ?? 0) > 0, JSON.stringify(told)).toBe(true);
	},
);

test("thinking is asked for and told in the vendor's own way, and billed", async () => {
	for (const [preset, id] of [
		["zhipu", "glm-5"],
		["minimax", "MiniMax-M3"],
		["moonshot", "kimi-k2.6"],
		["xai", "grok-4"],
		["qianfan", "ernie-x1"],
	] as const) {
		const models = [{ id, reasoning: true, prices: PRICES }];
		const added = await admin("POST", "/providers", { preset, name: `${preset}-thinks`, models });
		expect(added.status, added.text).toBe(201);
		await send("http://gateway/_simulator/billing", { method: "DELETE" });
		const model = `${preset}-thinks/${id}`;
		const ask = { model, messages: user("Think hard."), reasoning_effort: "high" };
		const { answer } = await completion(ask);
		expect(answer.choices[0]?.message.reasoning_content, preset).toEqual(expect.any(String));
		const stream = await events(await chat({ ...ask, stream: true, stream_options: { include_usage: true } }));
		const streamed = stream.flatMap((data) =>
			data === "[DONE]" ? [] : ((JSON.parse(data) as Completion).usage ?? []),
		);
		const bill = await (await send("http://gateway/_simulator/billing")).json<{ total_nano_usd: number }>();
		expect(Math.round((answer.usage.cost + Number(streamed[0]?.cost)) * 1e9), preset).toBe(bill.total_nano_usd);
	}
});

test("an error that comes as a success is an error", async () => {
	const body = { base_resp: { status_code: 1008, status_msg: "insufficient balance" } };
	await send("http://gateway/_simulator/faults", {
		method: "PUT",
		body: JSON.stringify([{ provider: "minimax", fault: "error", status: 429, body, times: 3 }]),
	});
	const { status, error } = await failure(chat({ model: modelOf("minimax"), messages: user("Hello.") }));
	expect([status, error.code]).toEqual([503, "upstream_account_exhausted"]);
	await send("http://gateway/_simulator/faults", { method: "DELETE" });
});

describe("a preset is refused", () => {
	test.each([
		[{ preset: "nobody" }, "preset"],
		[{}, "name"],
		[{ name: "x1" }, "base_url"],
		[{ preset: "groq", name: "x2", credential_header: "host" }, "credential_header"],
		[{ preset: "groq", name: "x3", credential_header: "x key" }, "credential_header"],
		[{ preset: "groq", name: "x4", protocol: "smtp" }, "protocol"],
	])("%j", async (body, param) => {
		const answer = await admin("POST", "/providers", { models: [], ...body });
		expect([answer.status, errorOf(answer).param]).toEqual([400, param]);
	});
});

test("an added provider speaks the protocol that the admin says, and says so", async () => {
	const base_url = "https://llm.acme.example/v1";
	for (const [protocol, kind] of [
		["anthropic", "anthropic_compatible"],
		["gemini", "gemini_compatible"],
		["openai-responses", "openai_compatible"],
	]) {
		const name = `speaks-${protocol}`;
		const added = await admin("POST", "/providers", {
			name,
			base_url,
			protocol,
			credential_header: "X-Own-Key",
			models: [],
		});
		expect(added.body).toMatchObject({ kind, protocol, credential_header: "x-own-key", preset: null });
		const changed = await admin("PATCH", `/providers/${name}`, { protocol: "openai-chat", credential_header: null });
		expect(changed.body).toMatchObject({ protocol: "openai-chat", credential_header: null, kind: "openai_compatible" });
	}
});
