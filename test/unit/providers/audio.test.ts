import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model } from "#catalog/model";
import type { SpeechChunk, SpeechRequest } from "#core/audio/speech";
import type { TranscriptionRequest } from "#core/audio/transcription";
import { UpstreamError } from "#core/fault";
import { parseTranscription } from "#faces/openai-transcriptions/parse";
import { renderTranscript } from "#faces/openai-transcriptions/render";
import { TranscriptRenderer } from "#faces/openai-transcriptions/render-stream";
import { audioFacts } from "#lib/audio/length";
import { wavHeader } from "#lib/audio/wav-header";
import { FormFile } from "#lib/form-fields";
import type { SseEvent } from "#lib/sse";
import { base64Of } from "#lib/text-bytes";
import { transcription } from "#operations/transcription/index";
import { compatibleTranscription } from "#providers/audio/openai-transcription";
import { gemini } from "#providers/gemini/index";
import { openai } from "#providers/vendors/openai";
import { siliconflow } from "#providers/vendors/siliconflow";
import { workersAi } from "#providers/workers-ai/index";
import { saying } from "#simulator/model/model-behaviour";
import { answerUsage } from "#simulator/model/usage";
import { UploadedFile } from "#simulator/wire/wire";
import { seatOf } from "#test/unit/simulator/exchange";

function modelNamed(id: string): Model {
	return BUILT_IN_MODELS.find((model) => model.id === id) ?? expect.fail(`no ${id}`);
}

const recording = new Uint8Array(44 + 32_000 * 5);
recording.set(wavHeader(16_000, 32_000 * 5));
const file = new FormFile("speech.wav", "audio/wav", recording);
const asked: TranscriptionRequest = {
	stream: false,
	translates: false,
	file,
	facts: audioFacts(recording),
	timestamps: [],
	extensions: {},
	providerExtensions: {},
};
const said: SpeechRequest = { stream: true, input: "Grüße 🙂", extensions: {}, providerExtensions: {} };
const event = (data: object): SseEvent => ({ data: JSON.stringify(data) }) as SseEvent;

describe("transcriptions", () => {
	it("go out as a form that holds the file itself, with lists under names with brackets", () => {
		const { transcription = expect.fail() } = openai;
		const request: TranscriptionRequest = {
			...asked,
			language: "en",
			prompt: "Names",
			temperature: 0.2,
			timestamps: ["word", "segment"],
			user: "u",
			extensions: { include: ["logprobs"] },
		};
		const { path, form = [], dropped, audio } = transcription.encode(request, modelNamed("whisper-1"));
		const texts = form.filter(({ fileName }) => fileName === undefined);
		expect(path).toBe("/audio/transcriptions");
		expect(texts.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)])).toEqual([
			["include[]", "logprobs"],
			["model", "whisper-1"],
			["response_format", "verbose_json"],
			["timestamp_granularities[]", "word"],
			["timestamp_granularities[]", "segment"],
			["language", "en"],
			["prompt", "Names"],
			["temperature", "0.2"],
		]);
		expect(form.at(-1)).toMatchObject({ name: "file", fileName: "speech.wav", type: "audio/wav" });
		expect(form.at(-1)?.bytes).toBe(file.bytes);
		expect(dropped).toEqual(["user"]);
		expect(audio?.units).toEqual({ millisecond: 6_000 });
	});

	it("leave out at SiliconFlow what it does not know, and say so", () => {
		const { transcription = expect.fail() } = siliconflow;
		const request = { ...asked, language: "en", temperature: 0, extensions: { include: ["logprobs"] } };
		const { form = [], dropped } = transcription.encode(request, modelNamed("FunAudioLLM/SenseVoiceSmall"));
		expect(form.map(({ name }) => name)).toEqual(["model", "response_format", "file"]);
		expect(dropped).toEqual(["include", "language", "temperature"]);
	});

	it("go within JSON at Gemini and Workers AI, as far as they take them", () => {
		const { transcription: byGemini = expect.fail() } = gemini;
		const { body } = byGemini.encode({ ...asked, translates: true }, modelNamed("gemini-2.5-flash-lite"));
		const text = JSON.stringify(body);
		expect(text).toContain(base64Of(recording));
		expect(text).toContain("into English");
		const large = { ...asked, file: new FormFile("a.wav", null, new Uint8Array(15 * 1024 * 1024)) };
		for (const [codec, id] of [
			[byGemini, "gemini-2.5-flash-lite"],
			[workersAi.transcription, "@cf/openai/whisper-large-v3-turbo"],
		] as const) {
			expect(() => codec?.encode(large, modelNamed(id))).toThrow("at most 14 MiB");
		}
		const unheard = { ...asked, facts: audioFacts(new Uint8Array(9)) };
		expect(() => byGemini.encode(unheard, modelNamed("gemini-2.5-flash-lite"))).toThrow("hears wav");
	});

	it("are billed by what is reported, or by the length that was read, and by nothing where none was", () => {
		const model = modelNamed("whisper-1");
		const usageOf = (body: object, request = asked) => compatibleTranscription.decode(body, request, model).usage;
		expect(usageOf({ text: "a", usage: { type: "duration", seconds: 7 } })).toMatchObject({
			audio: { millisecond: 7_000 },
			source: "provider",
		});
		expect(usageOf({ text: "a", duration: 4.25 })).toMatchObject({ audio: { millisecond: 4_250 }, source: "provider" });
		expect(usageOf({ text: "a" })).toMatchObject({ audio: { millisecond: 5_000 }, source: "estimated" });
		expect(usageOf({ text: "a", usage: { type: "duration", seconds: -1 } })).toMatchObject({ source: "estimated" });
		expect(usageOf({ text: "a" }, { ...asked, facts: audioFacts(new Uint8Array(9)) })).toBeNull();
	});

	it.each([
		["no text", {}, asked],
		["an error", { error: { message: "no" } }, asked],
		["no times", { text: "a" }, { ...asked, timestamps: ["segment"] as const }],
		["times that are none", { text: "a", segments: "x" }, { ...asked, timestamps: ["segment"] as const }],
	])("that come with %s are a fault", (_, body, request) => {
		expect(() => compatibleTranscription.decode(body, request, modelNamed("whisper-1"))).toThrow(UpstreamError);
	});

	it("that break off before their end are a fault, whoever streams them", () => {
		for (const [codec, id, piece] of [
			[openai.transcription, "gpt-4o-transcribe", { type: "transcript.text.delta", delta: "Hi" }],
			[gemini.transcription, "gemini-2.5-flash-lite", { candidates: [{ content: { parts: [{ text: "Hi" }] } }] }],
		] as const) {
			const decoder = codec?.decoder({ ...asked, stream: true }, modelNamed(id)) ?? expect.fail();
			expect(decoder.push(event(piece))).toMatchObject([{ delta: "Hi" }]);
			expect(() => decoder.end()).toThrow(UpstreamError);
		}
	});
});

describe("speech", () => {
	it("has the voice and the format of its model where none is named", () => {
		const bodyOf = (adapter: typeof openai, id: string, request = said) =>
			adapter.speech?.encode(request, modelNamed(id)).body;
		expect(bodyOf(openai, "gpt-4o-mini-tts")).toMatchObject({
			voice: "alloy",
			response_format: "mp3",
			stream_format: "sse",
		});
		expect(bodyOf(siliconflow, "FunAudioLLM/CosyVoice2-0.5B")).toMatchObject({
			voice: "FunAudioLLM/CosyVoice2-0.5B:alex",
			stream: true,
		});
		const own = { ...said, voice: "speech:mine:1" };
		expect(bodyOf(siliconflow, "FunAudioLLM/CosyVoice2-0.5B", own)).toMatchObject({ voice: "speech:mine:1" });
		expect(bodyOf(workersAi, "@cf/deepgram/aura-1", { ...said, format: "wav" })).toEqual({
			text: said.input,
			speaker: "angus",
			encoding: "linear16",
			container: "wav",
			sample_rate: 24_000,
		});
		expect(bodyOf(gemini, "gemini-3.8-flash-tts", { ...said, instructions: "Say" })).toMatchObject({
			contents: [{ parts: [{ text: `Say: ${said.input}` }] }],
			generationConfig: { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } } },
		});
	});

	it("is billed by its characters or its bytes from the first piece on", () => {
		const first = (adapter: typeof openai, id: string): SpeechChunk | undefined =>
			adapter.speech?.pieces?.(said, modelNamed(id), "audio/mpeg").push(Uint8Array.of(1))[0];
		expect(first(openai, "tts-1")?.usage?.audio).toEqual({ character: 7 });
		expect(first(siliconflow, "FunAudioLLM/CosyVoice2-0.5B")?.usage?.audio).toEqual({ byte: 12 });
	});

	it("is of a media type of sound, or a fault", () => {
		const { pieces = expect.fail() } = openai.speech ?? {};
		for (const type of ["audio/wav", "application/octet-stream", "binary/octet-stream"])
			expect(pieces(said, modelNamed("tts-1"), type).end()).toEqual([]);
		for (const type of ["text/plain", "", "application/xml", "video/mp4"])
			expect(() => pieces(said, modelNamed("tts-1"), type)).toThrow(UpstreamError);
	});

	it("of Gemini is samples, or WAV with one header ahead of them", () => {
		const frame = (more: object) => ({
			candidates: [
				{
					content: {
						parts: [{ inlineData: { mimeType: "audio/L16;codec=pcm;rate=16000", data: base64Of(new Uint8Array(8)) } }],
					},
					...more,
				},
			],
		});
		const { speech = expect.fail() } = gemini;
		const sound = (format: "wav" | "pcm") => {
			const decoder = speech.decoder({ ...said, format }, modelNamed("gemini-3.8-flash-tts"));
			const chunks = [
				...decoder.push(event(frame({}))),
				...decoder.push(event(frame({ finishReason: "STOP" }))),
				...decoder.end(),
			];
			return chunks.flatMap(({ audio }) => [...audio]);
		};
		expect(sound("pcm")).toHaveLength(16);
		const wav = Uint8Array.from(sound("wav"));
		expect(wav).toHaveLength(44 + 16);
		expect(new DataView(wav.buffer).getUint32(24, true)).toBe(16_000);
	});

	it.each([
		["no end", openai, "gpt-4o-mini-tts", { type: "speech.audio.delta", audio: "AAAA" }],
		["what is no base64", openai, "gpt-4o-mini-tts", { type: "speech.audio.delta", audio: "*" }],
		["an error", openai, "gpt-4o-mini-tts", { error: { message: "no" } }],
		[
			"a text in place of sound",
			gemini,
			"gemini-3.8-flash-tts",
			{ candidates: [{ content: { parts: [{ text: "Hi" }] }, finishReason: "STOP" }] },
		],
		[
			"MP3 in place of samples",
			gemini,
			"gemini-3.8-flash-tts",
			{ candidates: [{ content: { parts: [{ inlineData: { mimeType: "audio/mpeg", data: "AAAA" } }] } }] },
		],
		["a blocked prompt", gemini, "gemini-3.8-flash-tts", { promptFeedback: { blockReason: "SAFETY" } }],
	])("with %s is a fault", (_, adapter, id, data) => {
		const decoder = adapter.speech?.decoder(said, modelNamed(id)) ?? expect.fail();
		expect(() => {
			decoder.push(event(data));
			decoder.end();
		}).toThrow(UpstreamError);
	});
});

describe("a transcription that tells speakers apart", () => {
	const model = modelNamed("gpt-4o-transcribe-diarize");
	const { transcription: codec = expect.fail() } = openai;
	const plain = { model: model.id, file, response_format: "diarized_json", prompt: "Names" };
	const { request, style } = parseTranscription(plain, () => undefined, false);
	const head = { requestId: "req_1", model: model.id, created: 0 } as never;

	/** What the simulated vendor makes of a call, as a form. */
	function played(asked: TranscriptionRequest) {
		const call = codec.encode(asked, model);
		const fields = (call.form ?? []).map(({ name, fileName, bytes }) => {
			if (fileName !== undefined) return [name, new UploadedFile(fileName, "audio/wav", bytes)];
			const text = new TextDecoder().decode(bytes);
			return [name, name.endsWith("[]") ? [text] : text];
		});
		const seat = seatOf(model, `https://simulator/openai/v1${call.path}`);
		const play = seat.wire.read(Object.fromEntries(fields), seat);
		const drafts = saying(play.says ?? "");
		return { call, play, given: { drafts, usage: answerUsage(play.input, drafts), cost: 0 } };
	}

	it("has who said what, as OpenAI's SDK reads it, and goes without a prompt", () => {
		const { call, play, given } = played(request);
		expect([call.dropped, call.body.chunking_strategy]).toEqual([["prompt"], "auto"]);
		const transcript = codec.decode(play.whole(given), request, model);
		const usage = transcript.usage ?? expect.fail();
		expect(renderTranscript(head, transcript, usage, null, style)).toMatchObject({
			task: "transcribe",
			duration: 5,
			segments: [
				{ type: "transcript.text.segment", id: "seg_0", speaker: "A", start: 0, end: 2.5 },
				{ type: "transcript.text.segment", id: "seg_1", speaker: "B", start: 2.5, end: 5 },
			],
			usage: { type: "tokens" },
		});
	});

	it("is told as it is made, also by a vendor that answers whole", () => {
		const streamed = parseTranscription({ ...plain, stream: "true" }, () => undefined, false).request;
		const { play, given } = played(streamed);
		const decoder = codec.decoder(streamed, model);
		const events = play.frames(given).map(({ text }) => ({ data: text.replace(/^data: |\n\n$/g, "") }) as SseEvent);
		const chunks = [...events.flatMap((each) => decoder.push(each)), ...decoder.end()];
		const whole = codec.decode(played(request).play.whole(given), request, model);
		for (const list of [chunks, transcription.toChunks(whole)]) {
			const renderer = new TranscriptRenderer();
			const written = list.map((chunk) => renderer.chunk(chunk)).join("");
			expect([...written.matchAll(/"speaker":"(.)"/g)].map(([, speaker]) => speaker)).toEqual(["A", "B"]);
			expect([...written.matchAll(/"id":"seg_(\d)"/g)].map(([, id]) => id)).toEqual(["0", "1"]);
		}
		expect(transcription.toAnswer(chunks).segments).toHaveLength(2);
	});

	it("is held for the samples of voices that the model hears too", () => {
		const samples = { known_speaker_names: ["A"], known_speaker_references: ["data:audio/wav;base64,AAAA"] };
		const more = codec.encode({ ...request, extensions: samples }, model).audio?.inputTokens ?? 0;
		expect(more - (codec.encode(request, model).audio?.inputTokens ?? 0)).toBe(320);
	});

	it("is asked of no model that does not, nor of a translation", () => {
		const lacking = transcription.routing.lacking ?? expect.fail();
		expect(lacking(model, request)).toBeNull();
		expect(lacking(modelNamed("whisper-1"), request)).toMatchObject({ what: "speakers", param: "response_format" });
		expect(() => parseTranscription(plain, () => undefined, true)).toThrow("diarized_json");
		expect(() => codec.decode({ text: "a", segments: [{ start: 0, end: 1, text: "a" }] }, request, model)).toThrow(
			UpstreamError,
		);
	});
});
