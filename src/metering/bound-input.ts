// The most input tokens that a request can come to.
import type { Model } from "#catalog/model";
import { drawsOnState } from "#core/chat/vendor-state";
import { isObject, type Json, type JsonObject } from "#lib/json";
import type { JsonSource } from "#lib/json-source";
import { byteLength } from "#lib/text-bytes";
import { type Attachment, attachmentOf } from "./bound-media";

/** What vendors put around a prompt at most, in tokens: a chat template's preamble and date, and how to call tools. */
const PREAMBLE = 256;
const TOOLS_PREAMBLE = 1_024;
/** Fields for which vendors may add instructions of their own: tools, and formats of the answer. */
const INSTRUCTED = ["tools", "response_format", "text", "output_config"];

/** Where messages have their parts, and the pictures that models made. */
const PART_LISTS: ReadonlySet<string> = new Set(["content", "parts", "output", "images"]);

/** Windows are published rounded, so a prompt may be larger: the factor on the published number, in thousandths. */
const WINDOW = 1_050;
/** The window of a model that does not say. */
const UNKNOWN_CONTEXT = 1_048_576;

interface InputBound {
	/** No fewer than the tokens that the upstream will count in the prompt. */
	readonly tokens: number;
	/** Whether some of them may be written to a cache for longer than the vendor's usual time. */
	readonly keepsLong: boolean;
	/** Whether some of them may be sound. */
	readonly sounds: boolean;
}

/**
 * The most tokens that a vendor can count in an encoded body: every byte of it as JSON, with room for each vendor's
 * preamble; attachments by `bound-media.ts`; and no more than the model's context, since vendors refuse what is longer.
 * What draws on the vendor's account (`vendor-state.ts`), or hides media (`unseen-media.ts`), may fill that context. A
 * vendor that searches the web reads up to `contexts` of them: what it found fills them, and it reads all again after
 * each search.
 *
 * Bytes, and not an estimate with a margin: every token of a byte-level BPE is at least a byte of UTF-8, and of the
 * simulator at least a character, whereas text for which an estimator is far too low is easily written (punctuation,
 * emoji, base64). Escaping is counted because schemas and arguments are read as JSON. What JSON puts around a message
 * is more than the tokens that any vendor does.
 *
 * What goes out as it came has the bytes that `source` says, and only what counts otherwise is looked for in it.
 *
 * Settings are not part of it (numbers and flags at the top or one level below), so that lowering an output limit never
 * raises the bound.
 */
export function inputBound(
	body: JsonObject,
	model: Pick<Model, "provider" | "traits" | "context">,
	contexts?: number,
	source?: JsonSource,
	hidesMedia = false,
): InputBound {
	const prompt = new Prompt(model, source ?? null);
	let bytes = 0;
	for (const key in body) bytes += prompt.topBytes(key, body[key]);
	const { generationConfig: config } = body;
	const isInstructed =
		INSTRUCTED.some((field) => field in body) || (isObject(config) && config.responseMimeType !== undefined);
	const isHidden = hidesMedia || drawsOnState(body);
	const unseen = isHidden ? Number.POSITIVE_INFINITY : prompt.attached;
	const total = bytes + PREAMBLE + (isInstructed ? TOOLS_PREAMBLE : 0) + unseen;
	// A window that is only supposed refuses no text.
	const room = windowOf(model) + (model.context === null ? bytes : 0);
	const tokens = model.context === null && Number.isFinite(total) ? total : Math.min(total, room);
	const searched = contexts === undefined ? tokens : Math.max(tokens, windowOf(model)) * contexts;
	return { tokens: searched, keepsLong: prompt.keepsLong, sounds: isHidden || prompt.sounds };
}

/** The most tokens that go into the model's context. */
export function windowOf(model: Pick<Model, "context">): number {
	return Math.ceil(((model.context ?? UNKNOWN_CONTEXT) * WINDOW) / 1000);
}

class Prompt {
	/** Tokens of the attachments so far. */
	attached = 0;
	keepsLong = false;
	sounds = false;
	readonly #model: Pick<Model, "provider" | "traits">;
	readonly #source: JsonSource | null;

	constructor(model: Pick<Model, "provider" | "traits">, source: JsonSource | null) {
		this.#model = model;
		this.#source = source;
	}

	/** The bytes of one top-level field, attachments apart: those are looked for where messages have their parts. */
	topBytes(key: string, value: Json | undefined): number {
		switch (key) {
			case "messages":
			case "input":
			case "contents": {
				if (!Array.isArray(value)) return this.#bytes(value);
				const asItCame = this.#asItCame(value);
				if (asItCame !== null) return asItCame + 1;
				return value.reduce<number>((sum, one) => sum + this.#message(one), 2);
			}
			default:
				return isObject(value)
					? this.#settings(value as JsonObject, key)
					: isSetting(value)
						? 0
						: this.#entry(key, value);
		}
	}

	/** The bytes of what goes out as it came, if nothing in it counts otherwise; else null. */
	#asItCame(value: Json): number | null {
		const bytes = this.#source?.bytesOf(value) ?? null;
		return bytes !== null && this.#isPlain(value) ? bytes : null;
	}

	/** Whether there is no attachment, no sound and no mark of a cache in it. */
	#isPlain(value: Json): boolean {
		if (typeof value !== "object" || value === null) return true;
		if (Array.isArray(value)) {
			for (const item of value) if (!this.#isPlain(item)) return false;
			return true;
		}
		if (value.type === "tool_result" || attachmentOf(value, this.#model) !== null) return false;
		for (const key in value) {
			if (key === "ttl" || key === "audio") return false;
			const inner = value[key];
			if (typeof inner === "object" && !this.#isPlain(inner)) return false;
		}
		return true;
	}

	#settings(settings: JsonObject, name: string): number {
		let bytes = 0;
		for (const key in settings) {
			const value = settings[key];
			if (key === "ttl") this.#note(value);
			if (!isSetting(value)) bytes += this.#entry(key, value);
		}
		return bytes === 0 ? 0 : bytes + name.length;
	}

	#message(message: Json): number {
		if (!isObject(message)) return this.#bytes(message as Json) + 1;
		const asItCame = this.#asItCame(message as JsonObject);
		if (asItCame !== null) return asItCame + 1;
		let bytes = 2;
		for (const key in message) {
			const value = message[key] as Json;
			// Sound that a vendor keeps, by its id.
			if (key === "audio") {
				this.attached = Number.POSITIVE_INFINITY;
				this.sounds = true;
			}
			const holdsParts = PART_LISTS.has(key) && Array.isArray(value);
			bytes += holdsParts ? this.#parts(key, value) : this.#entry(key, value);
		}
		return bytes;
	}

	#parts(key: string, parts: readonly Json[]): number {
		let bytes = key.length + 5;
		for (const part of parts) {
			// Anthropic's results of tools hold parts of their own.
			if (isObject(part) && part.type === "tool_result") {
				bytes += this.#message(part as JsonObject) + 1;
				continue;
			}
			const attachment = isObject(part) ? attachmentOf(part as JsonObject, this.#model) : null;
			if (attachment !== null) {
				this.attached += attachment.tokens;
				this.sounds ||= attachment.sounds;
			}
			bytes += this.#bytes(part, attachment?.payload ?? null) + 1;
		}
		return bytes;
	}

	/** A key with its value, colon and comma. */
	#entry(key: string, value: Json | undefined, payload: Attachment["payload"] = null): number {
		return jsonStringBytes(key) + 2 + this.#bytes(value, payload);
	}

	/** At least the bytes of `value` as JSON, without the string at `payload`. */
	#bytes(value: Json | undefined, payload: Attachment["payload"] = null): number {
		if (typeof value === "string") return jsonStringBytes(value);
		if (typeof value === "number") return String(value).length;
		if (typeof value !== "object" || value === null) return 5;
		const asItCame = payload === null ? this.#asItCame(value) : null;
		if (asItCame !== null) return asItCame;
		let bytes = 2;
		if (Array.isArray(value)) {
			for (const item of value) bytes += this.#bytes(item, payload) + 1;
			return bytes;
		}
		for (const key in value) {
			if (key === "ttl") this.#note(value[key]);
			if (payload !== null && payload[0] === value && payload[1] === key) continue;
			bytes += this.#entry(key, value[key], payload);
		}
		return bytes;
	}

	/** How long a cache mark wants its prefix kept. */
	#note(ttl: Json | undefined): void {
		if (ttl !== "5m") this.keepsLong = true;
	}
}

function isSetting(value: Json | undefined): boolean {
	return value === null || typeof value === "number" || typeof value === "boolean" || value === undefined;
}

/** What escaping adds to each ASCII character: a backslash, or five for a control character that has no letter. */
const ESCAPE = Uint8Array.from({ length: 0x80 }, (_, code) => JSON.stringify(String.fromCharCode(code)).length - 3);
/** A longer text the runtime writes as JSON in less time than a look at each character takes, in UTF-16 units. */
const MIN_NATIVE_LENGTH = 512;

/** The bytes of a text in UTF-8 as a JSON string, quotes included. */
export function jsonStringBytes(text: string): number {
	const { length } = text;
	if (length >= MIN_NATIVE_LENGTH) return byteLength(JSON.stringify(text));
	let more = 2;
	for (let at = 0; at < length; at++) {
		const code = text.charCodeAt(at);
		if (code < 0x80) more += ESCAPE[code] as number;
		else if (code < 0x800) more += 1;
		else if (code < 0xd800 || code > 0xdfff) more += 2;
		else if (code < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
			// A pair: four bytes for two units.
			more += 2;
			at++;
		} else more += 5;
	}
	return length + more;
}
