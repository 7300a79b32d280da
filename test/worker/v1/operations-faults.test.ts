import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { wavHeader } from "#lib/audio/wav-header";
import { picture } from "#simulator/model/picture";
import { byTurns } from "#test/support/scale";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { fault, mend, send, user } from "#test/worker/gateway";
import { settledOf } from "#test/worker/usage/records";

/** How a vendor fails, and the codes that tell of it. */
const WRONG = [
	["an error", { fault: "error", status: 500 }, ["upstream_error"]],
	["an empty body", { fault: "empty" }, ["upstream_invalid_response"]],
	["a cut connection", { fault: "cut_mid_stream" }, ["upstream_error", "upstream_invalid_response"]],
	["a web page", { fault: "html" }, ["upstream_invalid_response"]],
] as const;
const SLOW = { fault: "latency", ms: 20 };

/** What the simulator answers of these has no middle: the connection is reset instead. */
const UNDIVIDED: readonly string[] = ["videos", "files", "batches"];
/** What a fault strikes of these is named instead of a model. */
const NAMED: Readonly<Record<string, string>> = { files: "POST /files", batches: "POST /batches" };

let key: IssuedKey;
beforeEach(async () => {
	key = await issueKey({ budgets: [{ limit_usd: "50", window: "total" }] });
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
	const { SIMULATOR: simulator } = env as unknown as { SIMULATOR: Fetcher };
	vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) =>
		simulator.fetch(`https://simulator/plant${new URL(String(input)).pathname}`, init),
	);
	expect([201, 409]).toContain((await admin("POST", "/providers", PLANT)).status);
});
afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

const per = (output: string, more: object = {}) => ({
	output: [output],
	tools: false,
	prices: [{ input: 1, output: 2 }],
	...more,
});
/** A server that was added: it speaks OpenAI's protocol in every operation, and is played by the simulator. */
const PLANT = {
	name: "plant",
	base_url: "https://plant.example/v1",
	credential: "sk-own",
	models: [
		{ id: "embeds", ...per("embedding") },
		{ id: "ranks", ...per("rerank") },
		{ id: "judges", ...per("moderation") },
		{ id: "paints", ...per("image", { rules: { image_fees: { image: 0.04 } } }) },
		{ id: "hears", ...per("transcript", { input: ["audio"] }) },
		{ id: "speaks", ...per("speech") },
		{ id: "films", ...per("video", { rules: { video_fees: { whole: 0.3 } } }) },
	],
};

function post(path: string, body: object): Promise<Response> {
	const isForm = body instanceof FormData;
	return send(`http://gateway/v1${path}`, {
		method: "POST",
		headers: { authorization: `Bearer ${key.key}`, ...(!isForm && { "content-type": "application/json" }) },
		body: isForm ? body : JSON.stringify(body),
	});
}

function form(fields: Readonly<Record<string, string | File>>): FormData {
	const body = new FormData();
	for (const [name, value] of Object.entries(fields)) body.append(name, value);
	return body;
}

const uploadOf = (model: string, purpose: string, file: File) =>
	form({ purpose, provider: model.slice(0, model.indexOf("/")), file });

const RATE = 8_000;
const SOUND = new File([wavHeader(RATE, RATE * 2), new Uint8Array(RATE * 2)], "speech.wav", { type: "audio/wav" });
const PICTURE = new File([picture("png", 64, 64, "a source")], "source.png", { type: "image/png" });
const LINE = JSON.stringify({
	custom_id: "a",
	method: "POST",
	url: "/v1/chat/completions",
	body: { model: "openai/gpt-5.4-mini", max_completion_tokens: 30, messages: user("Hi") },
});

/** How each operation is asked for. */
const ASKS = {
	embeddings: (model: string) => post("/embeddings", { model, input: ["one", "two"] }),
	rerank: (model: string) => post("/rerank", { model, query: "birds", documents: ["one bird", "two"] }),
	moderations: (model: string) => post("/moderations", { model, input: "Good morning" }),
	"images/generations": (model: string) => post("/images/generations", { model, prompt: "A lighthouse" }),
	"images/edits": (model: string) => post("/images/edits", form({ image: PICTURE, prompt: "At night", model })),
	"images/variations": (model: string) => post("/images/variations", form({ image: PICTURE, model })),
	"audio/speech": (model: string, voice: string) => post("/audio/speech", { model, voice, input: "Good morning." }),
	"audio/transcriptions": (model: string) => post("/audio/transcriptions", form({ file: SOUND, model })),
	"audio/translations": (model: string) => post("/audio/translations", form({ file: SOUND, model })),
	videos: (model: string) =>
		post("/videos", {
			model,
			prompt: "A lighthouse",
			size: "1280x720",
			...(model === "plant/films" && { seconds: "4" }),
		}),
	files: (model: string) => post("/files", uploadOf(model, "user_data", PICTURE)),
	batches: async (model: string) => {
		const lines = await post("/files", uploadOf(model, "batch", new File([LINE], "lines.jsonl")));
		const { id } = await lines.json<{ id: string }>();
		return post("/batches", { input_file_id: id, endpoint: "/v1/chat/completions", completion_window: "24h" });
	},
} as const;

/** A model of each vendor that serves an operation; of speech also a voice that it has. */
const TABLE: Readonly<Record<keyof typeof ASKS, readonly (readonly [model: string, voice?: string])[]>> = {
	embeddings: [
		["openai/text-embedding-3-small"],
		["openrouter/openai/text-embedding-3-small"],
		["siliconflow/BAAI/bge-m3"],
		["gemini/gemini-embedding-001"],
		["workers-ai/@cf/baai/bge-m3"],
		["plant/embeds"],
	],
	rerank: [
		["siliconflow/BAAI/bge-reranker-v2-m3"],
		["openrouter/cohere/rerank-5-fast"],
		["workers-ai/@cf/baai/bge-reranker-base"],
		["plant/ranks"],
	],
	moderations: [["openai/omni-moderation-latest"], ["workers-ai/@cf/meta/llama-guard-3-8b"], ["plant/judges"]],
	"images/generations": [
		["openai/gpt-image-2"],
		["gemini/gemini-2.5-flash-image"],
		["openrouter/google/gemini-2.5-flash-image"],
		["openrouter/black-forest-labs/flux.2-pro"],
		["siliconflow/Qwen/Qwen-Image"],
		["workers-ai/@cf/black-forest-labs/flux-1-schnell"],
		["workers-ai/@cf/leonardo/phoenix-1.0"],
		["plant/paints"],
	],
	"images/edits": [
		["openai/gpt-image-2"],
		["gemini/gemini-2.5-flash-image"],
		["openrouter/google/gemini-2.5-flash-image"],
		["openrouter/black-forest-labs/flux.2-pro"],
		["siliconflow/Qwen/Qwen-Image-Edit-2509"],
		["workers-ai/@cf/black-forest-labs/flux-2-klein-4b"],
		["plant/paints"],
	],
	"images/variations": [["plant/paints"]],
	"audio/speech": [
		["openai/tts-1", "alloy"],
		["openai/gpt-4o-mini-tts", "marin"],
		["gemini/gemini-3.8-flash-lite-tts", "Puck"],
		["siliconflow/FunAudioLLM/CosyVoice2-0.5B", "anna"],
		["workers-ai/@cf/deepgram/aura-1", "luna"],
		["workers-ai/@cf/myshell-ai/melotts", "fr"],
		["plant/speaks", "anna"],
	],
	"audio/transcriptions": [
		["openai/whisper-1"],
		["openai/gpt-4o-transcribe"],
		["gemini/gemini-2.5-flash-lite"],
		["siliconflow/FunAudioLLM/SenseVoiceSmall"],
		["workers-ai/@cf/openai/whisper-large-v3-turbo"],
		["workers-ai/@cf/openai/whisper"],
		["workers-ai/@cf/deepgram/nova-3"],
		["plant/hears"],
	],
	"audio/translations": [["openai/whisper-1"], ["workers-ai/@cf/openai/whisper-large-v3-turbo"], ["plant/hears"]],
	videos: [
		["openrouter/google/veo-3.1"],
		["siliconflow/Wan-AI/Wan2.2-T2V-A14B"],
		["gemini/veo-3.1-generate-preview"],
		["plant/films"],
	],
	files: [["openai/any"], ["plant/any"]],
	batches: [["openai/any"]],
};
const ROWS = Object.entries(TABLE).flatMap(([path, models]) =>
	models.map(([model, voice = ""]) => {
		const [provider = ""] = model.split("/", 1);
		return { path, model, provider, ask: () => ASKS[path as keyof typeof ASKS](model, voice) };
	}),
);

/** The code of a refusal; null for a batch that may have begun, and where sound breaks off that has begun. */
async function codeOf(answer: Response, path: string): Promise<string | null> {
	if (answer.ok) {
		if (path === "batches") expect(await answer.json()).toMatchObject({ status: "validating" });
		else await expect(answer.arrayBuffer()).rejects.toThrow();
		return null;
	}
	const { error } = await answer.json<{ error: { code: string; message: string } }>();
	expect(answer.status, JSON.stringify(error)).toBeGreaterThanOrEqual(502);
	expect(error.message).not.toContain("<");
	return error.code;
}

async function strike(path: string, provider: string, wrong: { readonly fault: string }): Promise<void> {
	const isReset = UNDIVIDED.includes(path) && wrong.fault === "cut_mid_stream";
	const model = NAMED[path];
	await fault({ provider, ...(isReset ? { fault: "reset" } : wrong), ...(model !== undefined && { model }) });
}

async function billed(): Promise<number> {
	const books = await (await send("http://gateway/_simulator/billing")).json<{ total_nano_usd: number }>();
	return books.total_nano_usd;
}

/** The default run looks at one failure of each row, by turns; CI at all of them. */
const LINES = ROWS.map((row, line) => ({ ...row, wrongs: byTurns(WRONG, line, WRONG.length) }));

describe.each(LINES)("$path at $model", ({ path, provider, ask, wrongs }) => {
	it("says what is wrong with an answer that is none, waits for a slow one, and charges no less than is billed", async () => {
		for (const [what, wrong, codes] of wrongs) {
			await strike(path, provider, wrong);
			const code = await codeOf(await ask(), path);
			const mayStand = path === "batches" || (path === "audio/speech" && what === "a cut connection");
			expect([what, ...codes, ...(mayStand ? [null] : [])]).toEqual(expect.arrayContaining([what, code]));
			await mend();
		}
		await strike(path, provider, SLOW);
		const slow = await ask();
		expect(slow.status, await slow.clone().text()).toBe(200);
		await slow.arrayBuffer();
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual(await billed());
	});
});
