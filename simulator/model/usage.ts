// Counts the tokens of a simulated exchange, in the categories that vendors bill.
import { normalUsage, type Usage } from "#core/chat/usage";
import type { ImageAllowance } from "#core/images/units";
import type { Json } from "#lib/json";
import type { InputTokens } from "#simulator/wire/wire";
import { type Draft, draftTokens } from "./model-behaviour";
import { countTokens, FILE_TOKENS, IMAGE_TOKENS, MESSAGE_TOKENS } from "./tokens";

/**
 * Counts the tokens of a prompt as its parts come by. Cached tokens are not remembered between requests; a request
 * says how many there are: by a marker in its text, `[[cached:100]]` or `[[cache_write:100]]`, or in its vendor's way.
 */
export class InputCount {
	#total = 0;
	#image = 0;
	#sound = 0;
	#markedRead = 0;
	#markedWrite = 0;

	message(): void {
		this.#total += MESSAGE_TOKENS;
	}

	text(text: string): void {
		this.#total += countTokens(text);
		for (const [, kind, count] of text.matchAll(/\[\[(cached|cache_write):(\d{1,7})\]\]/g)) {
			if (kind === "cached") this.#markedRead += Number(count);
			else this.#markedWrite += Number(count);
		}
	}

	/** Anything that goes to the model as JSON: tools, schemas, arguments. */
	json(value: Json | undefined): void {
		if (value !== undefined) this.text(JSON.stringify(value));
	}

	image(): void {
		this.#total += IMAGE_TOKENS;
		this.#image += IMAGE_TOKENS;
	}

	file(): void {
		this.#total += FILE_TOKENS;
	}

	/** Sound that its vendor counts apart. */
	sound(): void {
		this.#total += FILE_TOKENS;
		this.#sound += FILE_TOKENS;
	}

	/** Tokens so far. */
	get total(): number {
		return this.#total;
	}

	/**
	 * The whole prompt. What the vendor's own way of caching found is added to what markers say. What the vendor does
	 * not report it does not price apart either.
	 */
	done(
		reports: "reads and writes" | "reads" | "nothing",
		cached: { read?: number; write?: number; writeHour?: number } = {},
	): InputTokens {
		const total = this.#total;
		const isRead = reports !== "nothing";
		const isWritten = reports === "reads and writes";
		const cacheRead = isRead ? Math.min(this.#markedRead + (cached.read ?? 0), total) : 0;
		const cacheWrite = isWritten ? Math.min(this.#markedWrite + (cached.write ?? 0), total - cacheRead) : 0;
		const cacheWriteHour = Math.min(cached.writeHour ?? 0, total - cacheRead - cacheWrite);
		return { total, cacheRead, cacheWrite, cacheWriteHour, image: this.#image, sound: this.#sound };
	}
}

/** Usage when `output` tokens were produced, `reasoning` of them thinking. */
export function usageOf(input: InputTokens, output: number, reasoning: number): Usage {
	const usage = normalUsage({
		input: input.total + (input.search?.tokens ?? 0),
		output,
		reasoning,
		cacheRead: input.cacheRead,
		cacheWrite: input.cacheWrite,
		cacheWriteHour: input.cacheWriteHour,
		imageInput: input.image,
		audioInput: input.sound,
		...(input.search !== undefined && { webSearches: input.search.uses }),
	});
	if (usage === null) throw new RangeError(`not token counts: ${input.total}, ${output}`);
	return usage;
}

/** Usage of a whole answer: of what is said, and of what is drawn beside it. */
export function answerUsage(input: InputTokens, drafts: readonly Draft[], made?: ImageAllowance): Usage {
	const counts = drafts.map(draftTokens);
	const sum = (of: "total" | "reasoning") => counts.reduce((total, count) => total + count[of], 0);
	const drawn = made?.tokens ?? 0;
	const usage = usageOf(input, sum("total") + drawn, sum("reasoning"));
	if (made === undefined) return usage;
	const { units } = made;
	return { ...usage, imageOutput: drawn, ...(Object.keys(units).length > 0 && { images: units }) };
}

/** Of `produced` output tokens those of images, which come last. */
export function drawnOf({ output, imageOutput }: Usage, produced: number): number {
	return Math.max(0, produced - (output - imageOutput));
}

/** How an attachment is called in an answer: the type and size of a data URL, or the address itself. */
export function attachmentName(kind: string, url: string): string {
	const data = /^data:([^;,]*)(?:;[^,]*)?,/.exec(url);
	if (data === null) return `${kind} (${url.slice(0, 200)})`;
	const payload = url.slice(data[0].length);
	return `${kind} (${data[1] || "no type"}, ${base64Length(payload)} bytes)`;
}

/** Bytes in a base64 text. */
function base64Length(text: string): number {
	return Math.floor((text.replace(/=+$/, "").length * 3) / 4);
}
