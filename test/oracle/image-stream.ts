// Judges streams of images by OpenAI's contract.
import type { EventSourceParser } from "eventsource-parser";
import { strictParser } from "./events";
import { isRecord, Violation } from "./rules";

/** What OpenAI's stream of an image is: it is shown as it comes, some times or never, and then whole, once. */
export class ImageStreamRules {
	readonly #requestId: string;
	readonly #parser: EventSourceParser;
	#partials = 0;
	#end: "completed" | "error" | null = null;

	constructor(requestId: string) {
		this.#requestId = requestId;
		this.#parser = strictParser((name, data) => this.#event(name, data));
	}

	push(text: string): void {
		this.#parser.feed(text);
	}

	end(): void {
		if (this.#end === null) throw new Violation("the stream ends without an end", "");
	}

	#event(name: string | undefined, data: string): void {
		if (this.#end !== null) throw new Violation("an event behind the end", data);
		const event: unknown = JSON.parse(data);
		if (!isRecord(event)) throw new Violation("no event", event);
		if (name === "error" && isRecord(event.error)) {
			if (event.error.request_id !== this.#requestId) throw new Violation("the error names another request", event);
			this.#end = "error";
			return;
		}
		const kind = /^image_(?:generation|edit)\.(partial_image|completed)$/.exec(String(event.type))?.[1];
		if (kind === undefined || event.type !== name) throw new Violation("an unknown event", event);
		const image = event.b64_json ?? event.url;
		if (typeof image !== "string" || image === "") throw new Violation("an event without an image", event);
		if (kind === "partial_image") {
			if (event.partial_image_index !== this.#partials++) throw new Violation("a part out of order", event);
			return;
		}
		if (!isRecord(event.usage) || !("cost" in event.usage)) throw new Violation("an end without usage", event);
		this.#end = "completed";
	}
}
