// Writes a simulated answer in Gemini's format.
import type { Json, JsonObject } from "#lib/json";
import { stepsOf } from "#simulator/faults/pieces";
import { logprobsOf } from "#simulator/model/logprobs";
import type { Call } from "#simulator/model/model-behaviour";
import { sign } from "#simulator/model/signature";
import { drawnOf } from "#simulator/model/usage";
import type { Drawn } from "#simulator/wire/images/shapes";
import type { Answer, Frame, Seat } from "#simulator/wire/wire";
import { signedCall } from "./history";
import type { GeminiBody } from "./schema";

/** Writes answers in Gemini's format: the same object for a whole answer and for every frame of a stream. */
export class GeminiWriter {
	readonly #body: GeminiBody;
	readonly #seat: Seat;
	readonly #drawn: Drawn | null;

	constructor(body: GeminiBody, seat: Seat, drawn: Drawn | null) {
		this.#body = body;
		this.#seat = seat;
		this.#drawn = drawn;
	}

	whole(answer: Answer): JsonObject {
		const candidates = answer.drafts.map((draft, index) => {
			const thoughts =
				draft.reasoning !== "" && this.#showsThoughts() ? [{ text: draft.reasoning, thought: true }] : [];
			const text = draft.text === "" ? [] : [{ text: draft.text, ...this.#textSignature() }];
			const calls = draft.calls.flatMap((call, at) => this.#callPart(call, at, index));
			const parts: Json[] = [...thoughts, ...text, ...calls, ...this.#picture(answer)];
			return {
				// Nothing but thinking fitted into the limit: there are no parts at all.
				content: parts.length > 0 ? { role: "model", parts } : { role: "model" },
				finishReason: this.#finishOf(draft.finish),
				index,
				...this.#logprobs(draft.text),
			};
		});
		return { candidates, usageMetadata: usageOf(answer, answer.usage.output), ...this.#tail() };
	}

	frames(answer: Answer): Frame[] {
		const isArray = this.#seat.streamPath === "array";
		const frames: Frame[] = [];
		let produced = 0;
		let held = 0;
		const push = (candidate: JsonObject) => {
			produced += held;
			const data = JSON.stringify({
				candidates: [candidate],
				usageMetadata: usageOf(answer, produced),
				...this.#tail(),
			});
			const text = isArray ? `${frames.length === 0 ? "[" : ",\r\n"}${data}` : `data: ${data}\r\n\r\n`;
			frames.push({ text, tokens: held });
			held = 0;
		};
		const part = (index: number, content: JsonObject, more: JsonObject = {}) =>
			push({ content: { parts: [content], role: "model" }, index, ...more });

		for (const step of stepsOf(answer.drafts)) {
			held += step.tokens;
			const draft = answer.drafts[step.choice];
			if (step.kind === "text") part(step.choice, { text: step.text }, this.#logprobs(step.text));
			else if (step.kind === "reasoning" && this.#showsThoughts())
				part(step.choice, { text: step.text, thought: true });
			else if (step.kind === "called") {
				const call = draft?.calls[step.call];
				const [whole] = call === undefined ? [] : this.#callPart(call, step.call, step.choice);
				if (whole !== undefined) part(step.choice, whole);
			} else if (step.kind === "finish" && draft !== undefined) {
				for (const picture of this.#picture(answer)) {
					held += answer.usage.imageOutput;
					part(step.choice, picture);
				}
				const signature = draft.text === "" ? {} : this.#textSignature();
				part(step.choice, { text: "", ...signature }, { finishReason: this.#finishOf(draft.finish) });
			}
		}
		if (isArray) frames.push({ text: "]", tokens: 0 });
		return frames;
	}

	/** A call whole, with its signature if it is the first one; nothing for one that the limit cut off. */
	#callPart(call: Call, at: number, choice: number): JsonObject[] {
		const args = parsed(call.input);
		if (args === undefined) return [];
		const hasId = this.#seat.model.traits.thinking === "level";
		const id = hasId ? { id: `fc-${this.#seat.id.slice(0, 12)}${choice}${at}` } : {};
		const signature = at === 0 ? { thoughtSignature: sign(this.#seat.model.id, signedCall(call.name)) } : {};
		return [{ functionCall: { ...id, name: call.name, args }, ...signature }];
	}

	#textSignature(): JsonObject {
		return this.#seat.model.traits.thinking === "level" ? { thoughtSignature: sign(this.#seat.model.id, "text") } : {};
	}

	/** What was drawn, if the answer has it. */
	#picture({ usage }: Answer): JsonObject[] {
		const data = this.#drawn?.data ?? null;
		return data === null || usage.imageOutput === 0 ? [] : [{ inlineData: { mimeType: "image/png", data } }];
	}

	#finishOf(finish: "stop" | "length" | "calls"): string {
		if (this.#drawn?.data === null) return "IMAGE_SAFETY";
		return finish === "length" ? "MAX_TOKENS" : "STOP";
	}

	#showsThoughts(): boolean {
		return this.#body.generationConfig?.thinkingConfig?.includeThoughts === true;
	}

	#logprobs(text: string): JsonObject {
		const { responseLogprobs, logprobs = 0 } = this.#body.generationConfig ?? {};
		if (responseLogprobs !== true || text === "") return {};
		const entries = logprobsOf(text, logprobs);
		const shown = ({ token, logprob }: { token: string; logprob: number }) => ({
			token,
			tokenId: token.length,
			logProbability: logprob,
		});
		return {
			avgLogprobs: -0.03,
			logprobsResult: {
				chosenCandidates: entries.map(shown),
				topCandidates: entries.map((entry) => ({ candidates: entry.top_logprobs.map(shown) })),
			},
		};
	}

	#tail(): JsonObject {
		return { modelVersion: this.#seat.model.id, responseId: this.#seat.id.slice(0, 22) };
	}
}

/** Counts as far as the answer has come. What was thought stands apart from what was said. */
function usageOf({ usage }: Answer, produced: number): JsonObject {
	const prompt = usage.uncachedInput + usage.cacheRead + usage.cacheWrite + usage.cacheWriteHour;
	const thoughts = Math.min(usage.reasoning, produced);
	const { imageInput: image, audioInput: sound } = usage;
	const drawn = drawnOf(usage, produced);
	return {
		promptTokenCount: prompt,
		...(usage.cacheRead > 0 ? { cachedContentTokenCount: usage.cacheRead } : {}),
		...(produced > thoughts ? { candidatesTokenCount: produced - thoughts } : {}),
		...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
		totalTokenCount: prompt + produced,
		promptTokensDetails: [
			{ modality: "TEXT", tokenCount: prompt - image - sound },
			...(image > 0 ? [{ modality: "IMAGE", tokenCount: image }] : []),
			...(sound > 0 ? [{ modality: "AUDIO", tokenCount: sound }] : []),
		],
		...(drawn > 0 ? { candidatesTokensDetails: [{ modality: "IMAGE", tokenCount: drawn }] } : {}),
	};
}

function parsed(input: string): Json | undefined {
	try {
		return JSON.parse(input) as Json;
	} catch {
		return undefined;
	}
}
