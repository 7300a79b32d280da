import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatRequest } from "#core/chat/chat";
import type { ProviderName } from "#core/ids";
import { audioFacts } from "#lib/audio/length";
import { wavHeader } from "#lib/audio/wav-header";
import { FormFile } from "#lib/form-fields";
import type { Json } from "#lib/json";
import { decodeCompletion } from "#providers/openai-chat/response";
import { PRESET_ADAPTERS } from "#providers/presets/adapters";
import { PRESET_NAMES, presetModels, presetOf } from "#providers/presets/presets";
import { shortCallIds } from "#providers/presets/rewrites";
import { adapterOf } from "#providers/protocols";
import { versionedBaseUrl } from "#providers/transport/base-url";
import { saying } from "#simulator/model/model-behaviour";
import { answerUsage } from "#simulator/model/usage";
import { route } from "#simulator/routes";
import { PLAYED_PRESETS } from "#simulator/wire/presets/index";
import { Refusal, UploadedFile } from "#simulator/wire/wire";
import { chat, modelOf } from "#test/unit/providers/native";

const LOCAL = PRESET_NAMES.filter((name) => presetOf(name).credential === "local");
const TOOL = {
	type: "function",
	function: { name: "get_time", parameters: { type: "object", properties: {} } },
} as const;

/** What the simulated vendor makes of a request by the preset's adapter; throws its `Refusal`. */
function read(preset: (typeof PRESET_NAMES)[number], fields: Partial<ChatRequest>) {
	const defaults = presetModels(preset, [{ id: "m" }])[0] as { traits?: object };
	const model = { ...modelOf("openai", "gpt-4.1"), provider: preset as string as ProviderName, id: "m", ...defaults };
	const { body } = PRESET_ADAPTERS[preset].chat.encode(chat(fields), model as never);
	const wire = PLAYED_PRESETS.get(preset)?.wires["/chat/completions"];
	return wire?.read(body, {
		provider: preset,
		modelId: "m",
		model: model as never,
		id: "0".repeat(32),
		now: 0,
		streamPath: "none",
	});
}

describe.each(LOCAL)("%s on a machine of the admin's own", (preset) => {
	it("takes what a client of OpenAI says in passing", () => {
		const passing = { store: false, verbosity: "low", prompt_cache_key: "k", temperature: 0, seed: 1 } as const;
		expect(read(preset, passing)?.stream).toBe(false);
		expect(read(preset, { ...passing, stream: true })?.stream).toBe(true);
	});

	it("is not asked for a tool in a way that it does not honour", () => {
		for (const choice of ["required", { type: "function", function: { name: "get_time" } }] as const) {
			const ask = () => read(preset, { tools: [TOOL], tool_choice: choice });
			if (preset === "ollama") expect(ask).toThrow(/tool_choice/);
			else expect(ask()?.question.choice).not.toBe("auto");
		}
	});
});

describe.each(["groq", "mistral", "together", "zhipu", "stepfun", "vllm"] as const)("%s", (preset) => {
	const { transcription, speech } = PRESET_ADAPTERS[preset];
	const model = { ...modelOf("openai", "gpt-4.1"), provider: preset as string as ProviderName, id: "m", traits: {} };
	const at = (path: string, body: object) => {
		const url = `https://simulator/${preset}${PLAYED_PRESETS.get(preset)?.base}${path}`;
		const target = route({ method: "POST", url });
		if (target instanceof Refusal || "list" in target) throw new Error(`nothing at ${url}`);
		const seat = { provider: preset, modelId: "m", model, id: "0".repeat(32), now: 0, streamPath: "none" } as const;
		return target.wire.read(body as never, seat);
	};

	it.each([false, true])(
		"hears a recording as its adapter and the simulator both mean it, translated: %s",
		(translates) => {
			const bytes = new Uint8Array(44 + 32_000);
			bytes.set(wavHeader(16_000, 32_000));
			const file = new FormFile("a.wav", "audio/wav", bytes);
			const request = { stream: false, translates, file, facts: audioFacts(bytes), timestamps: ["segment"] as const };
			const asked = { ...request, user: "u", extensions: {}, providerExtensions: {} };
			const call = transcription?.encode(asked, model) ?? expect.fail();
			const fields = (call.form ?? []).map(({ name, fileName, type, bytes: own }) => {
				if (fileName !== undefined) return [name, new UploadedFile(fileName, type ?? "", own)];
				const text = new TextDecoder().decode(own);
				return [name, name.endsWith("[]") ? [text] : text];
			});
			const play = at(call.path, Object.fromEntries(fields));
			const drafts = saying(play.says ?? "");
			const body = play.whole({ drafts, usage: answerUsage(play.input, drafts), cost: 0 });
			const heard = transcription?.decode(body, asked, model);
			expect(heard?.text).toContain("recording of 1.0 seconds");
			expect(heard?.segments).toHaveLength(2);
			expect(call.dropped).toEqual(["user"]);
		},
	);

	it("says a text as its adapter and the simulator both mean it", () => {
		const asked = {
			stream: true,
			input: "Good morning",
			voice: "alloy",
			extensions: {},
			providerExtensions: {},
		} as const;
		const call = speech?.encode(asked, model) ?? expect.fail();
		const play = at(call.path, call.body);
		const drafts = saying(play.says ?? "");
		const frames = play.frames({ drafts, usage: answerUsage(play.input, drafts), cost: 0 });
		expect(frames.some(({ bytes }) => (bytes?.byteLength ?? 0) > 0)).toBe(true);
	});
});

describe("addresses", () => {
	it.each([
		["https://acme.example", "v1", "https://acme.example/v1"],
		["https://acme.openai.azure.com/openai/v1/", "v1", "https://acme.openai.azure.com/openai/v1"],
		["https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1", "v1", null],
		["https://x-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi", "v1", null],
		["https://generativelanguage.googleapis.com/v1beta/openai", "v1", null],
		["https://api.perplexity.ai", "", null],
		["https://open.bigmodel.cn/api/paas/v4/chat/completions", "v1", "https://open.bigmodel.cn/api/paas/v4"],
		["https://acme.example/v1x2/vault", "v1", null],
		["https://acme.example/vault", "v1", "https://acme.example/vault/v1"],
	])("%s as version %j is %s", (base, version, expected) => {
		expect(versionedBaseUrl(base, version)).toBe(expected ?? base);
	});

	it("of every preset are where the simulator has it", () => {
		for (const name of PRESET_NAMES) {
			const { baseUrl, example } = presetOf(name);
			const { pathname } = new URL(versionedBaseUrl(String(baseUrl ?? example), PRESET_ADAPTERS[name].version));
			expect(pathname.replace(/\/$/, ""), name).toBe(PLAYED_PRESETS.get(name)?.base);
		}
	});
});

describe("ids of tool calls", () => {
	it("are cut to nine letters and digits, the same for call and result, and others for others", () => {
		const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 5 });
		fc.assert(
			fc.property(ids, (given) => {
				const messages = [
					{ role: "assistant", tool_calls: given.map((id) => ({ id, type: "function" })) },
					...given.map((id) => ({ role: "tool", tool_call_id: id })),
				];
				const [first, ...results] = shortCallIds({ messages }, 9).messages as Record<string, Json>[];
				const calls = (first?.tool_calls ?? []) as { id: string }[];
				expect(calls).toHaveLength(given.length);
				expect(results.map((message) => message.tool_call_id)).toEqual(calls.map(({ id }) => id));
				for (const { id } of calls) expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
				expect(new Set(calls.map(({ id }) => id)).size).toBe(given.length);
			}),
		);
		const two = shortCallIds(
			{
				messages: [
					{ role: "tool", tool_call_id: "a!" },
					{ role: "tool", tool_call_id: "a?" },
				],
			},
			9,
		);
		expect(new Set((two.messages as { tool_call_id: string }[]).map((message) => message.tool_call_id)).size).toBe(2);
	});

	it.each([
		["ids that the gateway made in an early and in a late turn", ["call_1_0_0", "call_10_0_0", "call_10_0_1"]],
		["ids with one ending", ["functions.get_weather:0", "tools.get_weather:0", "x.get_weather:02"]],
	])("are others for %s", (_, ids) => {
		const { messages } = shortCallIds({ messages: ids.map((id) => ({ role: "tool", tool_call_id: id })) }, 9);
		expect(new Set((messages as { tool_call_id: string }[]).map((message) => message.tool_call_id)).size).toBe(3);
	});

	it("take no long time for ten thousand with one ending", () => {
		const messages = Array.from({ length: 10_000 }, (_, at) => ({ role: "tool", tool_call_id: `${at}_the_same_end` }));
		const startedAt = performance.now();
		shortCallIds({ messages }, 9);
		expect(performance.now() - startedAt).toBeLessThan(2_000);
	});
});

it("reads thoughts that stand among the parts of the content", () => {
	const content = [
		{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] },
		{ type: "text", text: "Yes." },
	];
	const { choices } = decodeCompletion({ choices: [{ message: { content }, finish_reason: "stop" }] }, chat({}));
	expect(choices[0]?.message).toMatchObject({ content: "Yes.", reasoning_content: "Hm." });
});

it("takes the quirks of a preset for the protocol that they are of, and none of one that is not known here", () => {
	expect(adapterOf("openai-chat", "groq")).toBe(PRESET_ADAPTERS.groq);
	expect(adapterOf("anthropic", "groq")).toBe(adapterOf("anthropic", null));
	expect(adapterOf("openai-chat", "of-a-later-release")).toBe(adapterOf("openai-chat", null));
});
