/**
 * What a vendor's wire format is to the simulator: it reads requests as strictly as the vendor and writes answers in
 * its shapes.
 */
import type { Model } from "#catalog/model";
import type { AudioUnits } from "#core/audio/units";
import type { Usage } from "#core/chat/usage";
import type { ImageAllowance } from "#core/images/units";
import type { Json, JsonObject } from "#lib/json";
import type { Draft, Question } from "#simulator/model/model-behaviour";
import type { Search } from "#simulator/model/search";

/** Where a request sits: what the path, the headers and the clock say about it. */
export interface Seat {
	/** The first segment of the path: a built-in provider or one that was added. */
	readonly provider: string;
	/** The model's id as it was asked for. */
	readonly modelId: string;
	readonly model: Model;
	/** 32 hexadecimal digits, different for every request. */
	readonly id: string;
	/** Milliseconds since the epoch. */
	readonly now: number;
	/** What the path asks for, with vendors that do not say it in the body: a stream of events, or of one JSON array. */
	readonly streamPath: "none" | "events" | "array";
}

/** Input tokens; the caches' parts are within `total`. */
export interface InputTokens {
	readonly total: number;
	readonly cacheRead: number;
	readonly cacheWrite: number;
	readonly cacheWriteHour: number;
	/** Of `total`: tokens of images. */
	readonly image: number;
	/** Of `total`: tokens of sound, where the vendor counts them apart. */
	readonly sound: number;
	/** What the vendor searched for it, whose tokens come on top of `total`; absent when it does not count that. */
	readonly search?: Search;
}

/** An answer with what it costs. */
export interface Answer {
	readonly drafts: readonly Draft[];
	readonly usage: Usage;
	/** The price in nano-dollars; 0 where none is known. */
	readonly cost: number;
}

/** A part of a stream that the vendor sends at once. */
export interface Frame {
	readonly text: string;
	/** In place of text. */
	readonly bytes?: Uint8Array;
	/** Output tokens that had to be produced for it; the frames' sum is the answer's output. */
	readonly tokens: number;
}

/** A request that was understood, and how to answer it. */
export interface Play {
	readonly question: Question;
	readonly input: InputTokens;
	/** Input tokens of the longest of several prompts that are read apart; absent where there is one. */
	readonly longest?: number;
	/** The images of the answer, with the tokens of all together; absent where it has none. */
	readonly made?: ImageAllowance;
	/** What it says, where no question decides that. */
	readonly says?: string;
	/** Output tokens of what is spoken; absent where words decide. */
	readonly spoken?: number;
	/** Tokens of the sound of a text that is said aloud beside being written; absent where none is. */
	voiced?(text: string): number;
	/** What is billed of sound beside tokens; absent for none. */
	readonly audio?: AudioUnits;
	readonly stream: boolean;
	/** Of a stream that is not server-sent events. */
	readonly streamType?: string;
	/** What it costs whatever its tokens, in nano-dollars; absent where they decide. */
	readonly flat?: number;
	/** The tier that serves it, as the answer names it. */
	readonly serviceTier?: string;
	/** The whole answer. */
	whole(answer: Answer): JsonObject;
	/** The whole answer with nothing in it, where drafts do not make it. */
	nothing?(): JsonObject;
	/** The streamed answer. */
	frames(answer: Answer): Frame[];
}

export interface Wire {
	/** Looks at the headers of a request over HTTP. Throws `Refusal` where the vendor does not let it in. */
	admit(headers: Headers): void;
	/** Reads a request. Throws `Refusal` where the vendor answers 400. */
	read(body: JsonObject, seat: Seat): Play;
	/** The vendor's error body for a status. */
	failure(status: number, message?: string): Refusal;
	/** The vendor's answer for a model that it does not have. */
	noModel(id: string): Refusal;
	/** The vendor's answer for a prompt of `tokens` tokens when the model takes `context`. */
	tooLong(context: number, tokens: number): Refusal;
	/** A failure after the stream began: the last frame. */
	errorFrame(): string;
	/** What the vendor sends ahead of a whole answer while it works: blank lines. */
	readonly lead: string;
	/** Headers of every answer. */
	headers(id: string, now: number): Record<string, string>;
}

/** An answer that is not 2xx, or an error in a 200, in the vendor's shape. */
export class Refusal extends Error {
	readonly status: number;
	readonly body: Json;
	readonly headers: Readonly<Record<string, string>>;

	constructor(status: number, body: Json, headers: Readonly<Record<string, string>> = {}) {
		super(`simulated ${status}`);
		this.name = "Refusal";
		this.status = status;
		this.body = body;
		this.headers = headers;
	}
}

/** A server-sent event with data only. */
export function dataFrame(data: Json): string {
	return `data: ${JSON.stringify(data)}\n\n`;
}

/** A file of a form. */
export class UploadedFile {
	readonly name: string;
	readonly type: string;
	readonly bytes: Uint8Array;

	constructor(name: string, type: string, bytes: Uint8Array) {
		this.name = name;
		this.type = type;
		this.bytes = bytes;
	}
}
