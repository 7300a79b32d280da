// Keeps a request and its answer in R2, as far as the key's policy says.
import type { Config } from "#config";
import { type PayloadLevel, type PayloadPolicy, payloadLevel } from "#core/key/payload-policy";
import type { RequestRecord } from "#core/usage/request-record";
import type { Env } from "#env";
import { keepPayload } from "#store/usage/payloads";
import { outlineOf } from "./outline";
import { scrubbed } from "./scrub";

/** The longest request or answer that is kept whole, in characters; of a longer one its outline is. */
const MAX_CHARACTERS = 1_000_000;

/**
 * What the gateway keeps of one request. While the answer is on its way this only refers to what is in memory anyway;
 * all work is done afterwards.
 */
export class PayloadCapture {
	readonly #requestedLevel: PayloadLevel | null;
	readonly #draw: number;
	readonly #request: unknown;
	#level: PayloadLevel;
	#answer: unknown = null;
	#pieces: string[] = [];
	#length = 0;

	/** `requestedLevel` is what the caller wants of it at most; `draw` is a random number from 0 to 1. */
	constructor(policy: PayloadPolicy | undefined, requestedLevel: PayloadLevel | null, draw: number, request: unknown) {
		this.#requestedLevel = requestedLevel;
		this.#draw = draw;
		this.#level = payloadLevel(policy, requestedLevel, draw);
		this.#request = this.#level === "none" ? null : request;
	}

	/** Whether it keeps anything of the answer. */
	get isOn(): boolean {
		return this.#level !== "none";
	}

	/** The policy in force is known now; it may allow less than the one that was looked up. */
	govern(policy: PayloadPolicy | undefined): void {
		if (payloadLevel(policy, this.#requestedLevel, this.#draw) === "none") this.#level = "none";
		else if (this.isOn) this.#level = payloadLevel(policy, this.#level, this.#draw);
	}

	/** A whole answer, or an error. */
	answered(body: unknown): void {
		this.#answer = body;
	}

	/** A piece of a stream. */
	streamed(text: string): void {
		this.#length += text.length;
		if (this.#level === "full" && this.#length <= MAX_CHARACTERS) this.#pieces.push(text);
	}

	/** Puts it away, after the answer. Nothing depends on it, so a failure is only logged. */
	async keep(
		{ PAYLOADS }: Pick<Env, "PAYLOADS">,
		{ credentialsSecret }: Config,
		record: Pick<RequestRecord, "requestId" | "keyId" | "teamId">,
	): Promise<void> {
		if (!this.isOn || PAYLOADS === undefined) return;
		const { requestId, keyId, teamId } = record;
		const payload = {
			requestId,
			keyId,
			teamId,
			level: this.#level,
			request: this.#shown(this.#request),
			response: this.#length > 0 ? this.#stream() : this.#shown(this.#answer),
		};
		this.#pieces = [];
		try {
			await keepPayload(PAYLOADS, credentialsSecret, payload, scrubbed);
		} catch (error) {
			const kind = error instanceof Error ? error.name : typeof error;
			console.error(JSON.stringify({ level: "error", event: "payload", request_id: requestId, error: kind }));
		}
	}

	#shown(value: unknown): unknown {
		const isWhole = this.#level === "full" && JSON.stringify(value).length <= MAX_CHARACTERS;
		return isWhole ? value : outlineOf(value);
	}

	#stream(): string {
		const isWhole = this.#level === "full" && this.#length <= MAX_CHARACTERS;
		return isWhole ? this.#pieces.join("") : `[${this.#length} characters]`;
	}
}
