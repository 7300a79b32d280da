/** Chat Completions and embeddings as OpenAI and its imitators speak them, passed on and metered. */
import { isObject, type JsonObject } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { EventReading, Meter, NativeEndpoint, StreamMeter, WholeReading } from "#operations/native/endpoint";
import type { NativeCodec } from "#providers/adapter";
import { eventBody, nativeCodec, noStream, UNREAD } from "#providers/native/codec";
import { malformed, truncated } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";
import { errorInEvent, errorWithin } from "./errors";
import { deltaText } from "./relay";
import { chatUsage } from "./usage";

/** How a vendor's Chat Completions differ, as far as the price hangs on it. */
type ChatDifferences = Pick<NativeEndpoint, "limits" | "refused" | "tiers" | "beyondLimit">;

/** `POST /chat/completions` at a vendor. */
export function chatEndpoint(differences: ChatDifferences): NativeEndpoint {
	return {
		path: "/chat/completions",
		charge: "usage",
		choices: "n",
		set: ({ stream, stream_options: options }): JsonObject =>
			stream === true
				? { stream_options: { ...(isObject(options) && (options as JsonObject)), include_usage: true } }
				: {},
		meter: chatMeter,
		...differences,
		refused: ["best_of", "models", "route", ...(differences.refused ?? [])],
	};
}

const chatMeter: Meter = {
	whole(body) {
		if (!isObject(body)) throw malformed("the answer is not a JSON object");
		const error = Array.isArray(body.choices) ? null : errorWithin(body);
		if (error !== null) throw error;
		return { usage: chatUsage(body.usage) ?? null, ...headOf(body) };
	},
	stream: ({ stream_options: options }) => new ChatStreamMeter(isObject(options) && options.include_usage === true),
};

function headOf({ model, service_tier: tier }: Record<string, unknown>): Omit<WholeReading, "usage"> {
	return { ...(isWord(model) && { model }), ...(isWord(tier) && { service_tier: tier }) };
}

/** `wantsUsage`: the caller asked for the event with the usage itself. */
class ChatStreamMeter implements StreamMeter {
	readonly #wantsUsage: boolean;
	/** By the index of each choice, whether it has finished. */
	readonly #choices = new Map<unknown, boolean>();
	#isDone = false;

	constructor(wantsUsage: boolean) {
		this.#wantsUsage = wantsUsage;
	}

	read(event: SseEvent): EventReading {
		if (isTerminator(event)) this.#isDone = true;
		if (this.#isDone || event.data === "") return { text: "", isContent: false };
		const body = eventBody(event);
		const error = errorInEvent(event.event, body);
		if (error !== null) throw error;
		const usage = chatUsage(body.usage);
		const choices = Array.isArray(body.choices) ? body.choices.filter(isObject) : [];
		const texts = choices.map((choice) => this.#choice(choice, event.data));
		const isOurs = !this.#wantsUsage && usage !== undefined && choices.length === 0;
		return {
			text: texts.join(""),
			isContent: texts.some((text) => text !== "") || this.#hasFinished,
			...(usage !== undefined && { usage }),
			...headOf(body),
			...(isOurs && { isOurs }),
		};
	}

	end(): void {
		if (!this.#hasFinished) throw truncated();
	}

	get #hasFinished(): boolean {
		return this.#choices.size > 0 && [...this.#choices.values()].every((isFinished) => isFinished);
	}

	#choice({ index = 0, delta, finish_reason: finish }: Record<string, unknown>, data: string): string {
		this.#choices.set(index, this.#choices.get(index) === true || isWord(finish));
		return isObject(delta) ? deltaText(delta, data) : "";
	}
}

/** `POST /embeddings` at a vendor. */
export const embeddingsEndpoint: NativeEndpoint = {
	path: "/embeddings",
	charge: "usage",
	isEmbedding: true,
	meter: {
		whole(body) {
			if (!isObject(body)) throw malformed("the answer is not a JSON object");
			const error = Array.isArray(body.data) ? null : errorWithin(body);
			if (error !== null) throw error;
			return { usage: embeddingsUsage(body.usage), ...headOf(body) };
		},
		stream: noStream,
	},
};

/** No embedding writes anything: servers leave the output out, or count it into the total alone. */
function embeddingsUsage(reported: unknown): WholeReading["usage"] {
	if (!isObject(reported)) return null;
	const prompt = reported.prompt_tokens ?? reported.total_tokens;
	return chatUsage({ prompt_tokens: prompt, completion_tokens: 0, total_tokens: prompt }) ?? null;
}

/** An endpoint whose costs nothing in its answers tells. */
export function ceilingEndpoint(path: string): NativeEndpoint {
	return { path, charge: "ceiling", choices: "n", meter: UNREAD };
}

/** The own API of a vendor that speaks OpenAI's protocols. */
export function openaiNative(endpoints: readonly NativeEndpoint[], prefixes: readonly string[] = ["/v1"]): NativeCodec {
	return nativeCodec({ envelope: "openai", prefixes, endpoints });
}
