import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { audioFacts } from "#lib/audio/length";
import { wavHeader } from "#lib/audio/wav-header";
import { byTurns } from "#test/support/scale";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { chat, failure, fault, LASTING, mend, send } from "#test/worker/gateway";
import { settledOf, watchRecords } from "#test/worker/usage/records";

/** Samples a second of what is sent, in hertz. */
const RATE = 16_000;

let key: IssuedKey;
beforeEach(async () => {
	key = await issueKey({ budgets: [{ limit_usd: "10", window: "total" }] });
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
});
afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

/** A recording of so many seconds, in which nothing is to be heard. */
function recording(seconds: number): Uint8Array {
	const bytes = new Uint8Array(44 + seconds * RATE * 2);
	bytes.set(wavHeader(RATE, seconds * RATE * 2));
	return bytes;
}

interface Form {
	readonly file?: Blob;
	readonly name?: string;
	readonly fields?: readonly (readonly [string, string])[];
}

/** The file goes ahead of the fields, as some clients send it. */
function transcribe(model: string, form: Form = {}, path = "transcriptions", by = key.key): Promise<Response> {
	const body = new FormData();
	body.append("file", form.file ?? new Blob([recording(3)], { type: "audio/wav" }), form.name ?? "speech.wav");
	for (const [name, value] of form.fields ?? []) body.append(name, value);
	body.append("model", model);
	return send(`http://gateway/v1/audio/${path}`, { method: "POST", headers: { authorization: `Bearer ${by}` }, body });
}

function speak(body: object, by = key.key): Promise<Response> {
	return send("http://gateway/v1/audio/speech", {
		method: "POST",
		headers: { authorization: `Bearer ${by}`, "content-type": "application/json" },
		body: JSON.stringify({ input: "Good morning to all of you.", ...body }),
	});
}

async function books(): Promise<{ total_nano_usd: number; requests: number }> {
	return (await send("http://gateway/_simulator/billing")).json();
}

interface Transcript {
	text: string;
	duration?: number;
	segments?: { start: number; end: number; text: string }[];
	words?: { word: string }[];
	usage: { type: string; seconds?: number; input_tokens?: number; cost: number; estimated?: true };
}

/** A model of each vendor that hears: what it is billed by, and whether it tells that. */
const HEARS = {
	openai: { model: "openai/whisper-1", by: "duration", isTold: true },
	"openai by tokens": { model: "openai/gpt-4o-transcribe", by: "tokens", isTold: true },
	gemini: { model: "gemini/gemini-2.5-flash-lite", by: "tokens", isTold: true },
	siliconflow: { model: "siliconflow/FunAudioLLM/SenseVoiceSmall", by: "duration", isTold: false },
	"workers-ai": { model: "workers-ai/@cf/openai/whisper-large-v3-turbo", by: "duration", isTold: true },
	"workers-ai as numbers": { model: "workers-ai/@cf/openai/whisper", by: "duration", isTold: false },
	"workers-ai as a stream": { model: "workers-ai/@cf/deepgram/nova-3", by: "duration", isTold: false },
};
const WRONG = [
	["an error", { fault: "error", status: 500 }, 502, "upstream_error"],
	["a limit on rate", { fault: "error", status: 429, headers: LASTING }, 429, "rate_limit_exceeded"],
	["an empty body", { fault: "empty" }, 502, "upstream_invalid_response"],
	["a web page", { fault: "html" }, 502, "upstream_invalid_response"],
	["a cut connection", { fault: "cut_mid_stream" }, 502, "upstream_error"],
	["an error inside a success", { fault: "error_frame" }, 502, "upstream_error"],
] as const;

/** Workers AI says of its own capacity what others say of a caller's rate. */
function told(vendor: string, status: number, code: string): [number, string] {
	return vendor === "workers-ai" && status === 429 ? [503, "upstream_overloaded"] : [status, code];
}

describe.each(Object.entries(HEARS))("a transcription of %s", (name, { model, by, isTold }) => {
	const [vendor = ""] = model.split("/", 1);

	it("is made of a recording of three seconds, and charged what the vendor bills", async () => {
		const recordOf = watchRecords();
		await fault({ provider: vendor, fault: "latency", ms: 20 });
		const response = await transcribe(model);
		const answer = await response.json<Transcript>();
		expect(response.status, JSON.stringify(answer)).toBe(200);
		expect(answer.text).toContain("recording");
		expect(answer.usage).toMatchObject({ type: by, ...(by === "duration" && { seconds: 3 }) });
		const { attempts, face } = await recordOf(response);
		const { total_nano_usd: truth } = await books();
		expect(face).toBe("transcriptions");
		expect(attempts).toMatchObject([{ end: "answered", cost: truth, estimated: !isTold }]);
		expect(await settledOf(key.id)).toBe(truth);
		expect(Math.round(answer.usage.cost * 1e9)).toBe(truth);
		expect(truth > 0).toBe(vendor !== "siliconflow");
	});

	it.each(byTurns(WRONG, Object.keys(HEARS).indexOf(name), 3))(
		"that ends with %s says so, and charges no less than the vendor bills",
		async (_, wrong, status, code) => {
			await fault({ provider: vendor, ...wrong });
			const refused = await failure(transcribe(model));
			expect([refused.status, refused.error.code]).toEqual(told(vendor, status, code));
			expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
		},
	);
});

describe("a transcription", () => {
	it("comes as text, as subtitles or with times, as OpenAI writes them", async () => {
		const as = async (format: string, more: readonly (readonly [string, string])[] = []) =>
			transcribe("openai/whisper-1", { fields: [["response_format", format], ...more] });
		const text = await as("text");
		expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
		expect(await text.text()).toMatch(/^This is a recording of 3\.0 seconds\. It says no more\.\n$/);
		const srt = await (await as("srt")).text();
		expect(srt).toMatch(/^1\n00:00:00,000 --> 00:00:01,500\nThis is .+\n\n2\n00:00:01,500 --> 00:00:03,000\n/);
		const vtt = await as("vtt");
		expect(vtt.headers.get("content-type")).toBe("text/vtt; charset=utf-8");
		expect(await vtt.text()).toMatch(/^WEBVTT\n\n00:00:00\.000 --> 00:00:01\.500\n/);
		const verbose = await (await as("verbose_json")).json<Transcript>();
		expect(verbose).toMatchObject({ task: "transcribe", language: "english", duration: 3 });
		expect(verbose.segments?.map(({ text: words }) => words)).toHaveLength(2);
		const words = await (await as("verbose_json", [["timestamp_granularities[]", "word"]])).json<Transcript>();
		expect(words.segments).toBeUndefined();
		expect(words.words?.map(({ word }) => word)).toContain("recording");
		const atCloudflare = await transcribe("workers-ai/@cf/openai/whisper-large-v3-turbo", {
			fields: [["response_format", "srt"]],
		});
		expect(await atCloudflare.text()).toBe(srt);
		for (const id of ["openai/whisper", "deepgram/nova-3"]) {
			const fields = [
				["response_format", "verbose_json"],
				["timestamp_granularities[]", "word"],
			] as const;
			const timed = await (await transcribe(`workers-ai/@cf/${id}`, { fields })).json<Transcript>();
			expect(timed.words?.map(({ word }) => word)).toContain("recording");
		}
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it("tells speakers apart, whole and as it is made, at a model that does and at no other", async () => {
		const model = "openai/gpt-4o-transcribe-diarize";
		const diarized = [["response_format", "diarized_json"]] as const;
		const fields = [...diarized, ["prompt", "Names"]] as const;
		const response = await transcribe(model, { file: new Blob([recording(40)]), name: "talk.wav", fields });
		expect(response.headers.get("x-tollgate-dropped")).toBe("prompt");
		const { segments, ...answer } = await response.json<Transcript>();
		expect(answer).toMatchObject({ task: "transcribe", duration: 40, usage: { type: "tokens" } });
		expect(segments).toMatchObject([
			{ type: "transcript.text.segment", id: "seg_0", speaker: "A", start: 0, end: 20 },
			{ type: "transcript.text.segment", id: "seg_1", speaker: "B", start: 20, end: 40 },
		]);
		const stream = await transcribe(model, { fields: [...diarized, ["stream", "true"]] });
		const events = [...(await stream.text()).matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data));
		const told = events.filter(({ type }) => type === "transcript.text.segment");
		expect(told.map(({ speaker }) => speaker)).toEqual(["A", "B"]);
		expect(events.at(-1)).toMatchObject({ type: "transcript.text.done", usage: { type: "tokens" } });
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
		const refused = await failure(transcribe("openai/whisper-1", { fields: diarized }));
		expect([refused.status, refused.error.param]).toEqual([400, "response_format"]);
	});

	it("is translated at whoever translates", async () => {
		const response = await transcribe(
			"openai/whisper-1",
			{ fields: [["response_format", "verbose_json"]] },
			"translations",
		);
		expect(await response.json()).toMatchObject({ task: "translate", duration: 3 });
		const refused = await failure(transcribe("openai/gpt-4o-transcribe", {}, "translations"));
		expect([refused.status, refused.error.code]).toEqual([400, "unsupported_parameter"]);
	});

	it("streams as it is made, and whole from a vendor that does not stream", async () => {
		for (const model of ["openai/gpt-4o-transcribe", "gemini/gemini-2.5-flash-lite", "openai/whisper-1"]) {
			const response = await transcribe(model, { fields: [["stream", "true"]] });
			expect(response.headers.get("content-type")).toContain("text/event-stream");
			const events = [...(await response.text()).matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data));
			const done = events.at(-1);
			expect(done).toMatchObject({ type: "transcript.text.done", usage: { cost: expect.any(Number) } });
			expect(
				events
					.slice(0, -1)
					.map(({ delta }) => delta)
					.join("")
					.trim(),
			).toBe(done.text);
		}
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
		await fault({ provider: "openai", fault: "cut_mid_stream" });
		const cut = await (await transcribe("openai/gpt-4o-transcribe", { fields: [["stream", "true"]] })).text();
		expect(cut).toContain('"error"');
		expect(cut).not.toContain("transcript.text.done");
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});

	it("goes to a model that can do what is asked, and is refused by name where none can", async () => {
		await admin("POST", "/aliases", {
			name: "listener",
			models: ["openai/gpt-4o-transcribe", "siliconflow/FunAudioLLM/SenseVoiceSmall", "openai/whisper-1"],
			strategy: "priority",
		});
		const timed = await transcribe("listener", { fields: [["response_format", "srt"]] });
		expect(timed.headers.get("x-tollgate-model")).toBe("whisper-1");
		const alone = await failure(transcribe("openai/gpt-4o-transcribe", { fields: [["response_format", "srt"]] }));
		expect([alone.status, alone.error.code, alone.error.param]).toEqual([
			400,
			"unsupported_parameter",
			"response_format",
		]);
		const french = await failure(
			transcribe("siliconflow/FunAudioLLM/SenseVoiceSmall", { fields: [["language", "fr"]] }),
		);
		expect(french.error.param).toBe("language");
		await fault({ provider: "openai", model: "gpt-4o-transcribe", fault: "error", status: 500 });
		const next = await transcribe("listener");
		expect(next.headers.get("x-tollgate-attempts")).toBe("openai:500,siliconflow:200");
	});

	it.each([
		["no file", { fields: [["file", "text"]] }, "file"],
		["an empty file", { file: new Blob([]) }, "file"],
		["a wrong format", { fields: [["response_format", "docx"]] }, "response_format"],
		["words as json", { fields: [["timestamp_granularities[]", "word"]] }, "timestamp_granularities"],
		[
			"a stream of subtitles",
			{
				fields: [
					["stream", "true"],
					["response_format", "srt"],
				],
			},
			"stream",
		],
		["a wrong temperature", { fields: [["temperature", "2"]] }, "temperature"],
	] as const)("is refused before it is sent for %s", async (_, form, param) => {
		const refused = await failure(transcribe("openai/whisper-1", form as Form));
		expect([refused.status, refused.error.param]).toEqual([400, param]);
		expect((await books()).requests).toBe(0);
	});

	it("is refused as JSON, and held at what its format can hold where its length cannot be read", async () => {
		const json = await failure(
			send("http://gateway/v1/audio/transcriptions", {
				method: "POST",
				headers: { authorization: `Bearer ${key.key}`, "content-type": "application/json" },
				body: "{}",
			}),
		);
		expect(json.error.message).toContain("must be a form");
		const poor = await issueKey({ budgets: [{ limit_usd: "0.01", window: "total" }] });
		const unknown = { file: new Blob([new Uint8Array(100_000)]), name: "noise.xyz" };
		const refused = await failure(transcribe("openai/whisper-1", unknown, "transcriptions", poor.key));
		expect([refused.status, refused.error.code]).toEqual([402, "insufficient_quota"]);
		expect((await transcribe("openai/whisper-1", {}, "transcriptions", poor.key)).status).toBe(200);
	});
});

/** A model of each vendor that speaks. */
const SPEAKS = {
	openai: { model: "openai/tts-1", voice: "alloy", format: "mp3", isTold: true },
	"openai by tokens": { model: "openai/gpt-4o-mini-tts", voice: "marin", format: "opus", isTold: true },
	gemini: { model: "gemini/gemini-3.8-flash-lite-tts", voice: "Puck", format: "wav", isTold: true },
	siliconflow: { model: "siliconflow/FunAudioLLM/CosyVoice2-0.5B", voice: "anna", format: "wav", isTold: true },
	"workers-ai": { model: "workers-ai/@cf/deepgram/aura-1", voice: "luna", format: "aac", isTold: true },
	"workers-ai by time": { model: "workers-ai/@cf/myshell-ai/melotts", voice: "fr", format: "mp3", isTold: false },
};
const TYPES: Readonly<Record<string, string>> = {
	mp3: "audio/mpeg",
	opus: "audio/ogg",
	wav: "audio/wav",
	aac: "audio/aac",
};
/** What becomes of sound that has begun is another matter. */
const WRONG_SPEECH = WRONG.filter(([name]) => !/inside|cut/.test(name));

describe.each(Object.entries(SPEAKS))("speech of %s", (name, { model, voice, format, isTold }) => {
	const [vendor = ""] = model.split("/", 1);

	it("is sound in the format that was asked for, as long as the text, charged what the vendor bills", async () => {
		const recordOf = watchRecords();
		const response = await speak({ model, voice, response_format: format });
		expect(response.status).toBe(200);
		expect(response.headers.get("content-type")).toBe(TYPES[format]);
		const facts = audioFacts(new Uint8Array(await response.arrayBuffer()));
		expect(facts).toMatchObject({ isRead: true });
		expect(Math.abs(facts.ms - 27 * 60)).toBeLessThan(100);
		const { attempts, face, stream } = await recordOf(response);
		const { total_nano_usd: truth } = await books();
		expect([face, stream]).toEqual(["speech", true]);
		expect(attempts).toMatchObject([{ end: "answered", cost: truth, estimated: !isTold }]);
		expect(truth).toBeGreaterThan(0);
		expect(await settledOf(key.id)).toBe(truth);
	});

	it("comes as events with what it cost", async () => {
		const response = await speak({ model, voice, response_format: format, stream_format: "sse" });
		const events = [...(await response.text()).matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data));
		const done = events.pop();
		expect(done).toMatchObject({ type: "speech.audio.done", usage: { cost: expect.any(Number) } });
		const pieces = events.map(({ audio }) => Uint8Array.from(atob(audio), (letter) => letter.charCodeAt(0)));
		const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
		expect(audioFacts(bytes).isRead).toBe(true);
		expect(Math.round(done.usage.cost * 1e9)).toBe((await books()).total_nano_usd);
	});

	it.each(byTurns(WRONG_SPEECH, Object.keys(SPEAKS).indexOf(name), 2))(
		"that ends with %s says so, and charges no less than is billed",
		async (_, wrong, status, code) => {
			await fault({ provider: vendor, ...wrong });
			const refused = await failure(speak({ model, voice }));
			expect([refused.status, refused.error.code]).toEqual(told(vendor, status, code));
			expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
		},
	);

	it("comes whole however slowly it is made", async () => {
		await fault({ provider: vendor, fault: "slow", ms: 5 });
		const response = await speak({ model, voice, response_format: format });
		expect(audioFacts(new Uint8Array(await response.arrayBuffer()))).toMatchObject({ isRead: true });
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it("that says nothing is an error", async () => {
		await fault({ provider: vendor, fault: "says_nothing" });
		const refused = await failure(speak({ model, voice }));
		expect([refused.status, refused.error.code]).toEqual([502, "upstream_invalid_response"]);
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});
});

describe("a server that was added", () => {
	/** It speaks OpenAI's protocol, and is played by the simulator. */
	async function addEars(): Promise<void> {
		const { SIMULATOR: simulator } = env as unknown as { SIMULATOR: Fetcher };
		vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) =>
			simulator.fetch(`https://simulator/ears${new URL(String(input)).pathname}`, init),
		);
		const prices = [{ input: 1, output: 2 }];
		const models = [
			{ id: "hears", input: ["audio"], output: ["transcript"], tools: false, prices },
			{ id: "speaks", output: ["speech"], tools: false, prices },
		];
		const server = { name: "ears", base_url: "https://ears.example/v1", credential: "sk-own", models };
		expect([201, 409]).toContain((await admin("POST", "/providers", server)).status);
	}

	it("hears and speaks, and is charged no less than it bills", async () => {
		await addEars();
		const heard = await transcribe("ears/hears");
		expect(await heard.json()).toMatchObject({ text: expect.stringContaining("recording") });
		const said = await speak({ model: "ears/speaks", voice: "anna", response_format: "wav" });
		expect(said.headers.get("content-type")).toBe("audio/wav");
		expect(audioFacts(new Uint8Array(await said.arrayBuffer()))).toMatchObject({ isRead: true });
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});

	it.each(WRONG)("that ends with %s says so, and charges no less than it bills", async (_, wrong, status, code) => {
		await addEars();
		await fault({ provider: "ears", ...wrong });
		const refused = await failure(transcribe("ears/hears"));
		expect([refused.status, refused.error.code]).toEqual([status, code]);
		if (WRONG_SPEECH.some(([, one]) => one === wrong)) {
			const silent = await failure(speak({ model: "ears/speaks", voice: "anna" }));
			expect([silent.status, silent.error.code]).toEqual([status, code]);
		}
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});
});

describe("speech", () => {
	it.each(["openai/tts-1", "openai/gpt-4o-mini-tts"])(
		"of %s that is cut off breaks the connection, or says so as an event, and is charged",
		async (model) => {
			await fault({ provider: "openai", fault: "cut_mid_stream", times: 2 });
			const response = await speak({ model, voice: "alloy" });
			expect(response.status).toBe(200);
			await expect(response.arrayBuffer()).rejects.toThrow();
			const events = await (await speak({ model, voice: "alloy", stream_format: "sse" })).text();
			expect(events).toContain('"error"');
			expect(events).not.toContain("speech.audio.done");
			const { total_nano_usd: truth } = await books();
			expect(await settledOf(key.id)).toBeGreaterThanOrEqual(truth);
			if (model === "openai/tts-1") expect(await settledOf(key.id)).toBe(truth);
		},
	);

	it("goes to a model that has the voice and the format, and is refused by name where none has", async () => {
		await admin("POST", "/aliases", {
			name: "speaker",
			models: ["gemini/gemini-3.8-flash-lite-tts", "workers-ai/@cf/deepgram/aura-1", "openai/tts-1"],
			strategy: "priority",
		});
		const served = async (more: object) => {
			const response = await speak({ model: "speaker", ...more });
			await response.arrayBuffer();
			return response.headers.get("x-tollgate-model");
		};
		expect(await served({})).toBe("gemini-3.8-flash-lite-tts");
		expect(await served({ response_format: "mp3" })).toBe("@cf/deepgram/aura-1");
		expect(await served({ voice: "alloy" })).toBe("tts-1");
		expect(await served({ speed: 1.5 })).toBe("tts-1");
		const format = await failure(speak({ model: "gemini/gemini-3.8-flash-lite-tts", response_format: "mp3" }));
		expect([format.status, format.error.code, format.error.param]).toEqual([
			400,
			"unsupported_parameter",
			"response_format",
		]);
		const voice = await failure(speak({ model: "openai/tts-1", voice: "Puck" }));
		expect([voice.status, voice.error.param]).toEqual([400, "voice"]);
		const none = await failure(speak({ model: "speaker", voice: "Nobody" }));
		expect(none.error.message).toContain("capability:voice");
		const chats = await failure(speak({ model: "openai/gpt-4o-mini" }));
		expect(chats.error.message).toContain("operation:speech");
	});

	it.each([
		["no text", { input: "" }, "input"],
		["a format that no one makes", { response_format: "mp4" }, "response_format"],
		["a speed beyond all", { speed: 5 }, "speed"],
	])("is refused before it is sent for %s", async (_, more, param) => {
		const refused = await failure(speak({ model: "openai/tts-1", ...more }));
		expect([refused.status, refused.error.param]).toEqual([400, param]);
		expect((await books()).requests).toBe(0);
	});
});

describe("sound in a chat", () => {
	const model = "openai/gpt-audio-mini";
	const content = [
		{ type: "text", text: "Repeat this." },
		{ type: "input_audio", input_audio: { data: btoa("RIFF"), format: "wav" } },
	];
	const asked = { model, max_completion_tokens: 4_000, messages: [{ role: "user", content }] };
	interface Spoken {
		choices: { message: { content: string | null; audio: { data: string; transcript: string; id: string } } }[];
		usage: {
			cost: number;
			prompt_tokens_details: { audio_tokens: number };
			completion_tokens_details: { audio_tokens: number };
		};
	}

	it("goes in and comes out, whole and streamed, and is charged apart from words as the vendor does", async () => {
		const recordOf = watchRecords();
		const voiced = { ...asked, modalities: ["text", "audio"] };
		const response = await chat(
			{ ...voiced, audio: { voice: "alloy", format: "mp3" } },
			{ authorization: `Bearer ${key.key}` },
		);
		const { choices, usage } = await response.json<Spoken>();
		const { audio, content: words } = choices[0]?.message ?? expect.fail();
		expect([words, audio.transcript]).toEqual([null, expect.stringContaining("Repeat this.")]);
		expect(audioFacts(Uint8Array.from(atob(audio.data), (letter) => letter.charCodeAt(0))).isRead).toBe(true);
		expect(usage.prompt_tokens_details.audio_tokens).toBeGreaterThan(0);
		expect(usage.completion_tokens_details.audio_tokens).toBeGreaterThan(0);
		expect(await recordOf(response)).toMatchObject({ attempts: [{ estimated: false }] });
		const streamed = await chat(
			{ ...voiced, audio: { voice: "alloy", format: "pcm16" }, stream: true, stream_options: { include_usage: true } },
			{ authorization: `Bearer ${key.key}` },
		);
		const events = await streamed.text();
		expect(events).toContain('"transcript"');
		expect(events).toContain('"expires_at"');
		const { total_nano_usd: truth } = await books();
		expect(await settledOf(key.id)).toBe(truth);
		expect(Math.round(usage.cost * 1e9)).toBeLessThan(truth);
	});

	it("is charged no less than is billed when the stream breaks off", async () => {
		await fault({ provider: "openai", fault: "cut_mid_stream" });
		const voiced = {
			...asked,
			modalities: ["text", "audio"],
			audio: { voice: "alloy", format: "pcm16" },
			stream: true,
		};
		await (await chat(voiced, { authorization: `Bearer ${key.key}` })).text();
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});
});
