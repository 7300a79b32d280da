// What callers of the simulation ask for beside chat, and what vendors make of it: their wires, and what they bill.
import type { Model } from "#catalog/model";
import type { OperationName } from "#core/operation-name";
import type { Face } from "#faces/face";
import { openaiEmbeddings } from "#faces/openai-embeddings/index";
import { openaiImages } from "#faces/openai-images/index";
import { openaiModerations } from "#faces/openai-moderations/index";
import { openaiSpeech } from "#faces/openai-speech/index";
import { openaiTranscriptions } from "#faces/openai-transcriptions/index";
import { rerank } from "#faces/rerank/index";
import type { Random } from "#test/support/random";
import { modelOf, nanoOf, priceOf } from "./work";

/** What a call to a vendor holds. */
export interface Sent {
	readonly fields: Readonly<Record<string, unknown>>;
	readonly file: File | null;
}

/** What a vendor says that a call used, or something else. */
type Figures = Readonly<Record<string, unknown>>;

/** A call as its vendor takes it. */
export interface Order {
	/** The request that it serves, by name. */
	readonly request: string;
	/** Nano-dollars. */
	readonly owed: number;
	readonly figures: Figures;
	/** Figures that cannot be true because they are too large; null where the vendor tells none. */
	readonly tooMuch: Figures | null;
	/** The media type of the answer, and its pieces as they come: of JSON a single one. */
	readonly type: string;
	pieces(figures: Figures): readonly (string | Uint8Array)[];
}

/** One operation: its path, its models, and both sides of it. */
export interface Trade {
	readonly operation: OperationName;
	readonly face: Face;
	/** Below the version. */
	readonly path: string;
	/** Each by itself; `together` where one may serve in place of another. */
	readonly models: readonly Model[];
	readonly together?: readonly Model[];
	/** The fields of a request that begins with its name; a file goes as a form. */
	wanted(name: string, random: Random): Record<string, unknown>;
	order(sent: Sent, model: Model, random: Random): Order;
}

const AS_JSON = "application/json";
const AS_EVENTS = "text/event-stream";
const SOUND = "audio/mpeg";
/** A WAV of eight thousand bytes a second. */
const BYTES_PER_SECOND = 8_000;
const TOO_MUCH = 99_999_999;
/** Tokens of an image of 1024x1024 at low quality, as OpenAI publishes them. */
const LOW_QUALITY_TOKENS = 272;

export const TRADES: readonly Trade[] = [
	{
		operation: "embeddings",
		face: openaiEmbeddings,
		path: "/embeddings",
		models: [modelOf("siliconflow", "BAAI/bge-m3"), modelOf("openai", "text-embedding-3-large")],
		together: [modelOf("openai", "text-embedding-3-small"), modelOf("openrouter", "openai/text-embedding-3-small")],
		wanted: (name, random) => ({ input: [words(name, random, 40), ...many(random, 5)], encoding_format: "float" }),
		order: ({ fields }, model, random) => {
			const inputs = [fields.input].flat().map(String);
			const tokens = random.between(inputs.length, inputs.join("").length);
			return {
				...read(String(inputs[0]), model, tokens),
				pieces: (usage) => [
					json({
						data: inputs.map((_, index) => ({ index, embedding: [0.6, index, -0.8] })),
						model: model.id,
						...usage,
					}),
				],
			};
		},
	},
	{
		operation: "rerank",
		face: rerank,
		path: "/rerank",
		models: [modelOf("siliconflow", "BAAI/bge-reranker-v2-m3"), modelOf("siliconflow", "Qwen/Qwen3-Reranker-8B")],
		wanted: (name, random) => ({ query: words(name, random, 10), documents: ["here is one", ...many(random, 12)] }),
		order: ({ fields }, model, random) => {
			const documents = fields.documents as readonly string[];
			const query = String(fields.query);
			const tokens = random.between(documents.length, documents.join("").length + query.length * documents.length);
			return {
				...read(query, model, tokens),
				pieces: (usage) => [
					json({ results: documents.map((_, index) => ({ index, relevance_score: 1 / (index + 1) })), ...usage }),
				],
			};
		},
	},
	{
		operation: "moderations",
		face: openaiModerations,
		path: "/moderations",
		models: [modelOf("openai", "omni-moderation-latest")],
		wanted: (name, random) => ({ input: words(name, random, 40) }),
		order: ({ fields }, model) => {
			const result = { flagged: false, categories: { violence: false }, category_scores: { violence: 0.1 } };
			return {
				...untold(String(fields.input), 0),
				type: AS_JSON,
				pieces: () => [json({ id: "modr", model: model.id, results: [result] })],
			};
		},
	},
	{
		operation: "images",
		face: openaiImages,
		path: "/images/generations",
		models: [modelOf("siliconflow", "Kwai-Kolors/Kolors"), modelOf("openai", "gpt-image-2")],
		together: [modelOf("siliconflow", "Kwai-Kolors/Kolors"), modelOf("openai", "gpt-image-2")],
		wanted: (name, random) => ({
			...{ prompt: words(name, random, 3), size: "1024x1024", quality: "low" },
			...(random.chance(0.3) && { n: random.between(1, 3) }),
		}),
		order: ({ fields }, model, random) => {
			const prompt = String(fields.prompt);
			const { n = 1, batch_size = n } = fields;
			const count = Number(batch_size);
			const fee = model.rules.imageFees?.image;
			if (fee !== undefined) {
				const images = Array.from({ length: count }, (_, at) => ({ url: `https://images.example/${at}.png` }));
				return { ...untold(prompt, count * fee), type: AS_JSON, pieces: () => [json({ images })] };
			}
			const [input, output] = [random.between(1, prompt.length), count * random.between(1, LOW_QUALITY_TOKENS)];
			const { input: ofInput, imageOutput = 0 } = priceOf(model);
			return {
				...named(prompt),
				owed: nanoOf(BigInt(input) * BigInt(ofInput) + BigInt(output) * BigInt(imageOutput)),
				figures: { usage: { input_tokens: input, output_tokens: output, total_tokens: input + output } },
				tooMuch: { usage: { input_tokens: input, output_tokens: TOO_MUCH } },
				type: AS_JSON,
				pieces: (usage) => [
					json({ data: Array.from({ length: count }, () => ({ b64_json: "iVBORw0KGgo=" })), ...usage }),
				],
			};
		},
	},
	{
		operation: "speech",
		face: openaiSpeech,
		path: "/audio/speech",
		models: [modelOf("openai", "gpt-4o-mini-tts")],
		together: [modelOf("siliconflow", "FunAudioLLM/CosyVoice2-0.5B"), modelOf("openai", "tts-1")],
		wanted: (name, random) => ({ input: words(name, random, 6), response_format: "mp3" }),
		order: ({ fields }, model, random) => {
			const text = String(fields.input);
			const { character = 0, byte = 0 } = model.rules.audioFees ?? {};
			const pieces = Array.from({ length: random.between(1, 6) }, (_, at) => new Uint8Array(40).fill(at + 1));
			// The text is ASCII: as many bytes as characters.
			if (character + byte > 0)
				return { ...untold(text, text.length * (character + byte)), type: SOUND, pieces: () => pieces };
			const [input, output] = [random.between(1, text.length), random.between(1, text.length * 20)];
			const { input: ofInput, output: ofOutput } = priceOf(model);
			return {
				...named(text),
				owed: nanoOf(BigInt(input) * BigInt(ofInput) + BigInt(output) * BigInt(ofOutput)),
				figures: { usage: { input_tokens: input, output_tokens: output } },
				tooMuch: { usage: { input_tokens: input, output_tokens: TOO_MUCH } },
				type: AS_EVENTS,
				pieces: (usage) => [
					...pieces.map((piece) => event({ type: "speech.audio.delta", audio: btoa(String.fromCharCode(...piece)) })),
					event({ type: "speech.audio.done", ...usage }),
				],
			};
		},
	},
	{
		operation: "transcription",
		face: openaiTranscriptions,
		path: "/audio/transcriptions",
		models: [modelOf("openai", "whisper-1"), modelOf("siliconflow", "FunAudioLLM/SenseVoiceSmall")],
		wanted: (name, random) => ({ file: new File([silence(random.between(100, 5_000))], `${name} said.wav`) }),
		order: ({ file }, model) => {
			if (file === null) throw new Error("a transcription has no file");
			const seconds = Math.ceil((file.size - WAV_HEADER_BYTES) / BYTES_PER_SECOND);
			const { minute = 0 } = model.rules.audioFees ?? {};
			return {
				...named(file.name),
				owed: Number((BigInt(seconds) * BigInt(minute) + 59n) / 60n),
				figures: { usage: { type: "duration", seconds } },
				tooMuch: { usage: { type: "duration", seconds: TOO_MUCH } },
				type: AS_JSON,
				pieces: (usage) => [json({ text: "so it was", ...usage })],
			};
		},
	},
];

/** The request whose name a text begins with. */
function named(text: string): Pick<Order, "request"> {
	return { request: text.split(" ", 1)[0] ?? "" };
}

/** What was read, by tokens. */
function read(text: string, model: Model, tokens: number): Omit<Order, "pieces"> {
	return {
		...named(text),
		owed: nanoOf(BigInt(tokens) * BigInt(priceOf(model).input)),
		figures: { usage: { prompt_tokens: tokens, total_tokens: tokens } },
		tooMuch: { usage: { prompt_tokens: TOO_MUCH, total_tokens: TOO_MUCH } },
		type: AS_JSON,
	};
}

/** What is billed by what was asked for, so that its answer has no figures. */
function untold(text: string, owed: number): Pick<Order, "request" | "owed" | "figures" | "tooMuch"> {
	return { ...named(text), owed, figures: {}, tooMuch: null };
}

function words(name: string, random: Random, most: number): string {
	return `${name} ${"please ".repeat(random.between(1, most))}`;
}

function many(random: Random, most: number): string[] {
	return Array.from({ length: random.between(0, most) }, () => "one more ".repeat(random.between(1, 5)));
}

function json(body: object): string {
	return JSON.stringify(body);
}

function event(body: object): string {
	return `data: ${json(body)}\n\n`;
}

const WAV_HEADER_BYTES = 44;

/** A WAV of one channel of eight bits. */
function silence(ms: number): Uint8Array<ArrayBuffer> {
	const data = Math.ceil((ms * BYTES_PER_SECOND) / 1_000);
	const bytes = new Uint8Array(WAV_HEADER_BYTES + data).fill(128, WAV_HEADER_BYTES);
	const view = new DataView(bytes.buffer);
	const text = (at: number, letters: string) => bytes.set(new TextEncoder().encode(letters), at);
	text(0, "RIFF");
	view.setUint32(4, 36 + data, true);
	text(8, "WAVEfmt ");
	view.setUint32(16, 16, true);
	view.setUint16(20, 1, true);
	view.setUint16(22, 1, true);
	view.setUint32(24, BYTES_PER_SECOND, true);
	view.setUint32(28, BYTES_PER_SECOND, true);
	view.setUint16(32, 1, true);
	view.setUint16(34, 8, true);
	text(36, "data");
	view.setUint32(40, data, true);
	return bytes;
}
