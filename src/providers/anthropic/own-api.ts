/** Anthropic's Messages API, passed on and metered. */
import { ReportedFigures } from "#core/chat/reported-figures";
import { invalidRequest } from "#core/errors";
import { UpstreamError } from "#core/fault";
import { isObject } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { EventReading, NativeApi, StreamMeter, WholeReading } from "#operations/native/endpoint";
import { eventBody, UNREAD } from "#providers/native/codec";
import { malformed, truncated } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";
import { passedBetas } from "./betas";
import { bodyFault } from "./errors";
import { isSearch, searchesOf, tierOf, usageOf } from "./response";

/** What costs more, or lives in the account. */
const REFUSED = ["speed", "inference_geo", "container", "mcp_servers"];

export const anthropicNative: NativeApi = {
	envelope: "anthropic",
	prefixes: ["/v1"],
	query: ["beta"],
	headers: { "anthropic-version": /^\d{4}-\d\d-\d\d$/, "anthropic-beta": /^[\w,. -]+$/ },
	checkHeaders({ "anthropic-beta": betas }, body, model) {
		const refused: string[] = [];
		if (betas !== undefined) passedBetas(betas, body, model, refused);
		const [name] = refused;
		if (name !== undefined)
			throw invalidRequest(`\`${name}\` is not passed on: the price, or the account, hangs on it`, name);
	},
	endpoints: [
		{
			path: "/messages",
			charge: "usage",
			limits: ["max_tokens"],
			refused: REFUSED,
			meter: {
				whole(body) {
					if (!isObject(body)) throw malformed("the answer is not a JSON object");
					if (body.type === "error") throw new UpstreamError(bodyFault(body, 200));
					const blocks = Array.isArray(body.content) ? body.content : [];
					const usage = usageOf(body.usage, searchesOf(body.usage, blocks.filter(isSearch).length));
					return { usage, ...headOf(body), ...tierOf(body.usage) };
				},
				stream: () => new MessagesMeter(),
			},
		},
		{
			path: "/messages/count_tokens",
			charge: "nothing",
			refused: REFUSED,
			meter: UNREAD,
		},
	],
};

function headOf({ model }: Record<string, unknown>): Omit<WholeReading, "usage"> {
	return isWord(model) ? { model } : {};
}

class MessagesMeter implements StreamMeter {
	/** Cumulative: later events overwrite earlier figures. */
	readonly #reported: Record<string, unknown> = {};
	readonly #figures = new ReportedFigures();
	#searches = 0;
	#stopReason = false;
	#isStopped = false;

	read(event: SseEvent): EventReading {
		if (isTerminator(event)) return { text: "", isContent: false };
		const data = eventBody(event);
		switch (data.type) {
			case "error":
				throw new UpstreamError(bodyFault(data, 200));
			case "message_start":
				return { text: "", isContent: false, ...this.#start(data.message) };
			case "content_block_start":
				if (isSearch(data.content_block)) this.#searches++;
				return { text: "", isContent: false };
			case "content_block_delta": {
				const text = written(data.delta);
				return { text, isContent: text !== "" };
			}
			case "message_delta":
				return { text: "", isContent: true, ...this.#summary(data) };
			case "message_stop":
				this.#isStopped = true;
				return { text: "", isContent: true };
			default:
				// Pings, ends of blocks, and events of a later day.
				return { text: "", isContent: false };
		}
	}

	end(): void {
		if (!this.#isStopped) throw truncated();
	}

	#start(message: unknown): Partial<EventReading> {
		if (!isObject(message)) throw malformed("the stream begins without a message");
		if (isObject(message.usage)) this.#report(message.usage);
		return headOf(message);
	}

	#summary({ delta, usage }: Record<string, unknown>): Partial<EventReading> {
		this.#stopReason ||= isObject(delta) && isWord(delta.stop_reason);
		if (!isObject(usage)) return {};
		this.#report(usage, this.#stopReason ? searchesOf(usage, this.#searches) : undefined);
		return { usage: this.#figures.usage, ...tierOf(this.#reported) };
	}

	/** What is told of the usage adds to what was told before. */
	#report(reported: Record<string, unknown>, searches?: unknown): void {
		for (const [name, value] of Object.entries(reported)) if (value !== null) this.#reported[name] = value;
		const usage = usageOf(this.#reported, searches);
		if (usage !== null) this.#figures.report(usage);
	}
}

/** What a model wrote in a delta. */
function written(delta: unknown): string {
	if (!isObject(delta)) return "";
	return [delta.text, delta.thinking, delta.partial_json].filter((part) => typeof part === "string").join("");
}
