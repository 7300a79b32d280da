// Writes a simulated answer in the Chat Completions format.
import type { Json, JsonObject } from "#lib/json";
import { type Step, stepsOf } from "#simulator/faults/pieces";
import { logprobsOf } from "#simulator/model/logprobs";
import type { SoundFormat } from "#simulator/model/sound";
import type { Drawn } from "#simulator/wire/images/shapes";
import { type Answer, dataFrame, type Frame, type Seat } from "#simulator/wire/wire";
import type { ChatBody, Dialect } from "./schema";
import { endOf, soundOf, soundTokens } from "./voice";

/** Writes one answer in the Chat Completions format, whole or as a stream. */
export class ChatWriter {
	readonly #body: ChatBody;
	readonly #seat: Seat;
	readonly #dialect: Dialect;
	readonly #head: JsonObject;
	readonly #drawn: Drawn | null;
	/** How it speaks; null where it only writes. */
	readonly #voice: SoundFormat | null;

	constructor(
		body: ChatBody,
		seat: Seat,
		dialect: Dialect,
		{
			serviceTier,
			drawn,
			voice,
		}: {
			readonly serviceTier: string | undefined;
			readonly drawn: Drawn | null;
			readonly voice: SoundFormat | null;
		},
	) {
		this.#body = body;
		this.#drawn = drawn;
		this.#voice = voice;
		this.#seat = seat;
		this.#dialect = dialect;
		this.#head = {
			id: dialect.answerId(seat),
			created: Math.floor(seat.now / 1000),
			model: seat.modelId,
			...(serviceTier === undefined ? {} : { service_tier: serviceTier }),
			...dialect.extra,
		};
	}

	whole(answer: Answer): JsonObject {
		const choices = answer.drafts.map((draft, index) => ({
			index,
			message: this.#message(answer, index),
			logprobs: this.#logprobs(draft.text),
			...this.#finish(answer, index),
		}));
		return { ...this.#head, object: "chat.completion", choices, usage: this.#dialect.usage(answer) };
	}

	frames(answer: Answer): Frame[] {
		const { comments, usagePlacement: placement, messageExtra } = this.#dialect;
		const frames: Frame[] = comments.map((comment) => ({ text: `: ${comment}\n\n`, tokens: 0 }));
		const usage = this.#dialect.usage(answer);
		const asked = this.#body.stream_options?.include_usage === true;
		let produced = 0;
		const chunk = (choices: Json[], tokens: number, ending: JsonObject = {}) => {
			produced += tokens;
			const running: JsonObject =
				placement === "every_chunk"
					? { usage: this.#dialect.usage(soFar(answer, produced)) }
					: placement === "own_chunk_if_asked" && asked
						? { usage: null }
						: {};
			const data = { ...this.#head, object: "chat.completion.chunk", choices, ...running, ...ending };
			frames.push({ text: dataFrame({ ...data, ...this.#padding(frames.length) }), tokens });
		};

		for (const [index, draft] of answer.drafts.entries()) {
			const content = draft.text === "" && draft.calls.length > 0 ? null : "";
			chunk([this.#choice(index, { role: "assistant", content, ...messageExtra })], 0);
		}
		// Tokens of steps that show nothing by themselves ride with the next frame, or with one that sends nothing.
		let held = 0;
		for (const step of stepsOf(answer.drafts)) {
			if (step.kind === "finish") {
				const images = this.#images(answer);
				if (images.length > 0) chunk([this.#choice(step.choice, { images })], answer.usage.imageOutput);
				const text = answer.drafts[step.choice]?.text ?? "";
				if (this.#voice !== null && text !== "") {
					const { data = "" } = soundOf(text, this.#voice, this.#seat);
					chunk([this.#choice(step.choice, { audio: { data } })], soundTokens(text));
					chunk([this.#choice(step.choice, { audio: endOf(this.#seat) })], 0);
				}
				const isLast = step.choice === answer.drafts.length - 1;
				const last = placement === "finish_chunk" && isLast ? { usage } : {};
				chunk([{ ...this.#choice(step.choice, {}), ...this.#finish(answer, step.choice) }], 0, last);
				continue;
			}
			const delta = this.#delta(answer, step);
			if (delta !== null) {
				const text = step.kind === "text" ? step.text : "";
				chunk([this.#choice(step.choice, delta, this.#logprobs(text))], held + step.tokens);
				held = 0;
			} else if (step.kind === "reasoning") frames.push({ text: "", tokens: step.tokens });
			else held += step.tokens;
		}
		if (placement === "own_chunk_if_asked" && asked) chunk([], 0, { usage });
		if (placement === "own_chunk_with_choice") {
			chunk([{ ...this.#choice(0, { role: "assistant", content: "" }), ...this.#finish(answer, 0) }], 0, { usage });
		}
		frames.push({ text: "data: [DONE]\n\n", tokens: 0 });
		return frames;
	}

	#message(answer: Answer, index: number): JsonObject {
		const { messageExtra, callIndex, reasoning } = this.#dialect;
		const draft = answer.drafts[index];
		if (draft === undefined) return {};
		const calls = draft.calls.map((_, call) => ({
			...(callIndex === true ? { index: call } : {}),
			...this.#call(answer, index, call),
		}));
		const images = this.#images(answer);
		const isSaid = this.#voice !== null && draft.text !== "";
		return {
			role: "assistant",
			content: isSaid || (calls.length > 0 && draft.text === "") ? null : draft.text,
			...(this.#voice !== null && isSaid ? { audio: soundOf(draft.text, this.#voice, this.#seat) } : {}),
			...(images.length > 0 ? { images } : {}),
			...messageExtra,
			...(draft.reasoning === "" ? {} : reasoning(draft.reasoning, this.#seat, false, this.#body)),
			...(calls.length > 0 ? { tool_calls: calls } : {}),
		};
	}

	/** What was drawn, if the answer has it. */
	#images({ usage }: Answer): JsonObject[] {
		const data = this.#drawn?.data ?? null;
		if (data === null || usage.imageOutput === 0) return [];
		return [{ index: 0, type: "image_url", image_url: { url: `data:image/png;base64,${data}` } }];
	}

	/** The delta of a step; null when this vendor shows nothing at that point. */
	#delta(answer: Answer, step: Exclude<Step, { kind: "finish" }>): JsonObject | null {
		const { callDeltas, callEnd, reasoning, reasoningEnd } = this.#dialect;
		const draft = answer.drafts[step.choice];
		switch (step.kind) {
			case "text":
				return this.#voice === null ? { content: step.text } : { audio: { transcript: step.text } };
			case "reasoning": {
				const delta = reasoning(step.text, this.#seat, true, this.#body);
				return Object.keys(delta).length > 0 ? delta : null;
			}
			case "thought":
				return reasoningEnd?.(draft?.reasoning ?? "", this.#seat, this.#body) ?? null;
			case "call":
				if (callDeltas === "whole") return null;
				return { tool_calls: [{ index: step.call, ...emptied(this.#call(answer, step.choice, step.call)) }] };
			case "input": {
				if (callDeltas === "whole") return null;
				const isFree = draft?.calls[step.call]?.free === true;
				const piece = isFree ? { custom: { input: step.text } } : { function: { arguments: step.text } };
				return { tool_calls: [{ index: step.call, ...piece }] };
			}
			case "called":
				return callDeltas === "whole"
					? { tool_calls: [this.#call(answer, step.choice, step.call)] }
					: (callEnd?.(step.call) ?? null);
		}
	}

	#choice(index: number, delta: JsonObject, logprobs: Json = null): JsonObject {
		const role = this.#dialect.roleInEveryDelta === true ? { role: "assistant" } : {};
		return { index, delta: { ...role, ...delta }, logprobs, finish_reason: null };
	}

	#call(answer: Answer, choice: number, call: number): JsonObject {
		const { name, input, free } = answer.drafts[choice]?.calls[call] ?? { name: "", input: "", free: false };
		const id = this.#dialect.callId(this.#seat, choice, call);
		return free
			? { id, type: "custom", custom: { name, input } }
			: { id, type: "function", function: { name, arguments: input } };
	}

	#finish(answer: Answer, choice: number): JsonObject {
		const { namedCallStops, finished } = this.#dialect;
		const finish = answer.drafts[choice]?.finish ?? "stop";
		const isNamed = typeof this.#body.tool_choice === "object" && this.#body.tool_choice?.type === "function";
		const called = isNamed && namedCallStops === true ? "stop" : "tool_calls";
		const said = finish === "calls" ? called : finish;
		const reason = this.#drawn?.data === null ? "content_filter" : said;
		return { finish_reason: reason, ...finished(reason) };
	}

	#logprobs(text: string): Json {
		if (this.#body.logprobs !== true || text === "") return null;
		return { content: logprobsOf(text, this.#body.top_logprobs ?? 0), refusal: null };
	}

	/** Padding that hides how long the chunk's text is; of a length that follows no pattern of the content. */
	#padding(turn: number): JsonObject {
		if (this.#dialect.padded !== true || this.#body.stream_options?.include_obfuscation === false) return {};
		const start = (turn * 5) % 20;
		return { obfuscation: this.#seat.id.slice(start, start + 2 + (turn % 9)) };
	}
}

/** The answer as far as `produced` output tokens go. */
function soFar(answer: Answer, produced: number): Answer {
	const { usage } = answer;
	return { ...answer, usage: { ...usage, output: produced, reasoning: Math.min(usage.reasoning, produced) } };
}

/** The first delta of a call: everything but its input. */
function emptied(call: JsonObject): JsonObject {
	return "custom" in call
		? { ...call, custom: { ...(call.custom as JsonObject), input: "" } }
		: { ...call, function: { ...(call.function as JsonObject), arguments: "" } };
}
