// Judges streams of speech and of transcripts by OpenAI's contract.
import { isRecord, Violation } from "./rules";

/** What OpenAI's streams of speech and transcripts are: pieces, and then what ends them, once. */
export class AudioStreamRules {
	readonly #requestId: string;
	#text = "";
	#written = "";
	#end: "done" | "error" | null = null;

	constructor(requestId: string) {
		this.#requestId = requestId;
	}

	push(text: string): void {
		this.#text += text;
		for (let at = this.#text.indexOf("\n\n"); at !== -1; at = this.#text.indexOf("\n\n")) {
			this.#event(this.#text.slice(0, at));
			this.#text = this.#text.slice(at + 2);
		}
	}

	end(): void {
		if (this.#text !== "") throw new Violation("the stream ends inside an event", this.#text);
		if (this.#end === null) throw new Violation("the stream ends without an end", "");
	}

	#event(text: string): void {
		if (text.startsWith(":")) return;
		if (this.#end !== null) throw new Violation("an event behind the end", text);
		if (!text.startsWith("data: ") || text.includes("\n")) throw new Violation("no line of data", text);
		const event: unknown = JSON.parse(text.slice("data: ".length));
		if (!isRecord(event)) throw new Violation("no event", event);
		if (isRecord(event.error)) {
			if (event.error.request_id !== this.#requestId) throw new Violation("the error names another request", event);
			this.#end = "error";
			return;
		}
		if (event.type === "transcript.text.segment") {
			this.#segment(event);
			return;
		}
		const [, what, part] = /^(transcript\.text|speech\.audio)\.(delta|done)$/.exec(String(event.type)) ?? [];
		if (what === undefined) throw new Violation("an unknown event", event);
		if (part === "delta") this.#delta(event);
		else this.#done(event, what);
	}

	/** What one of the speakers said, and when. */
	#segment(event: Record<string, unknown>): void {
		const { id, speaker, text, start, end } = event;
		const isNamed = [id, speaker, text].every((word) => typeof word === "string");
		if (!isNamed || typeof start !== "number" || typeof end !== "number" || start > end)
			throw new Violation("a segment without a speaker or times", event);
	}

	#delta(event: Record<string, unknown>): void {
		const piece = event.delta ?? event.audio;
		if (typeof piece !== "string" || piece === "") throw new Violation("a piece with nothing in it", event);
		if (event.delta !== undefined) this.#written += piece;
	}

	#done(event: Record<string, unknown>, what: string): void {
		this.#end = "done";
		const { usage } = event;
		if (!isRecord(usage) || !("cost" in usage)) throw new Violation("an end without usage", event);
		if (what === "transcript.text" && event.text !== this.#written.trim())
			throw new Violation("the pieces are not the whole", [this.#written, event]);
	}
}
