import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import type { ChatRequest, Chunk, Completion, FunctionCall, Message } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";
import type { Json } from "#lib/json";
import { SseParser } from "#lib/sse";
import { costOf } from "#metering/cost";
import type { ChatAdapter } from "#providers/adapter";
import { generatedImages } from "#providers/shared/generated-images";
import { answer, type Draft } from "#simulator/model/model-behaviour";
import { FILE_TOKENS } from "#simulator/model/tokens";
import { answerUsage } from "#simulator/model/usage";
import { type Answer, type Play, Refusal } from "#simulator/wire/wire";
import { collect } from "#test/unit/providers/collect";
import { chat, isRefused, MODELS, SCENARIOS, type Sent, send } from "./exchange";

// The simulator was written from the vendors' documents, the adapters likewise and apart from it: where the two do not
// understand each other, one of them is wrong.
interface Outcome {
	play: Play;
	given: Answer;
	drafts: Draft[];
	completion: Completion;
}

/** Encodes, lets the simulator answer, decodes. Throws when the adapter or the simulator refuses. */
function exchange(model: Model, request: ChatRequest): Outcome {
	let sent: Sent | null;
	try {
		sent = send(model, request);
	} catch (thrown) {
		if (thrown instanceof Refusal) throw new Error(JSON.stringify(thrown.body));
		throw thrown;
	}
	if (sent === null) throw new Error("the adapter refuses what it took before");
	const { adapter, play } = sent;
	const drafts = answer(play.question);
	const given = { drafts, usage: answerUsage(play.input, drafts, play.made), cost: 0 };
	const completion = play.stream
		? streamed(adapter, request, model, play, given)
		: adapter.chat.decode(play.whole(given), request, model);
	return { play, given, drafts, completion };
}

function streamed(adapter: ChatAdapter, request: ChatRequest, model: Model, play: Play, given: Answer): Completion {
	const frames = play.frames(given);
	expect(frames.reduce((sum, frame) => sum + frame.tokens, 0)).toBe(given.usage.output);
	const parser = new SseParser();
	const decoder = adapter.chat.decoder(request, model);
	const chunks: Chunk[] = [];
	for (const { text } of frames) {
		for (const event of parser.push(new TextEncoder().encode(text))) chunks.push(...decoder.push(event));
	}
	for (const event of parser.end()) chunks.push(...decoder.push(event));
	chunks.push(...decoder.end());
	const choices = given.drafts.map((_, index) => {
		const { text, reasoning, toolCalls, reasoningDetails, finish } = collect(chunks, index);
		if (finish === null) throw new Error("no finish reason");
		return {
			index,
			finish_reason: finish,
			message: {
				role: "assistant" as const,
				content: text === "" ? null : text,
				refusal: null,
				...(reasoning === "" ? {} : { reasoning_content: reasoning }),
				...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
				...(reasoningDetails.length === 0 ? {} : { reasoning_details: reasoningDetails }),
			},
		};
	});
	return { choices, usage: chunks.findLast((chunk) => chunk.usage !== undefined)?.usage ?? null };
}

function parsed(text: string): Json {
	return JSON.parse(text) as Json;
}

function agrees({ given, drafts, completion }: Outcome): void {
	expect(completion.choices).toHaveLength(drafts.length);
	for (const [index, draft] of drafts.entries()) {
		const choice = completion.choices[index];
		expect(choice?.message.content ?? "").toBe(draft.text);
		const calls = (choice?.message.tool_calls ?? []) as FunctionCall[];
		expect(calls.map((call) => [call.function.name, parsed(call.function.arguments)])).toEqual(
			draft.calls.map((call) => [call.name, parsed(call.input)]),
		);
		expect(new Set(calls.map((call) => call.id)).size).toBe(calls.length);
		expect(choice?.finish_reason).toBe(draft.finish === "calls" ? "tool_calls" : draft.finish);
	}
	// Only Gemini says how much of the prompt was pictures; they cost like the rest.
	expect(completion.usage).toEqual({ ...given.usage, imageInput: completion.usage?.imageInput });
}

describe.each(MODELS.map((model) => [`${model.provider}/${model.id}`, model] as const))("%s", (_, model) => {
	for (const [name, request] of Object.entries(SCENARIOS)) {
		if (name.startsWith("a picture") && !model.input.includes("image")) continue;
		if (isRefused(model, name)) {
			it.each([false, true])(`has its adapter refuse, as it has no counterpart for: ${name}, stream %s`, (stream) => {
				expect(send(model, { ...request, stream })).toBeNull();
			});
			continue;
		}
		it.each([false, true])(`means the same as its adapter: ${name}, stream %s`, (stream) => {
			agrees(exchange(model, { ...request, stream }));
		});
	}

	if (isRefused(model, "two tools at once")) return;

	it.each([false, true])("takes its own tool call and thoughts back with the result, stream %s", (stream) => {
		const ask: ChatRequest = { ...(SCENARIOS["two tools at once"] as ChatRequest), stream };
		const first = exchange(model, ask);
		const message = first.completion.choices[0]?.message;
		const calls = (message?.tool_calls ?? []) as FunctionCall[];
		expect(calls).toHaveLength(2);
		const history: Message[] = [
			...ask.messages,
			{
				role: "assistant",
				content: message?.content ?? null,
				tool_calls: calls,
				...(message?.reasoning_content === undefined ? {} : { reasoning_content: message.reasoning_content }),
				...(message?.reasoning_details === undefined ? {} : { reasoning_details: message.reasoning_details }),
			},
			...calls.map(
				(call): Message => ({ role: "tool", tool_call_id: call.id, content: `${call.function.name} says 42` }),
			),
		];
		const second = exchange(model, { ...ask, messages: history });
		agrees(second);
		expect(second.completion.choices[0]?.message.content).toContain("get_weather says 42");
	});

	it("takes back a tool call whose thoughts and signatures the client dropped", () => {
		const ask = SCENARIOS["two tools at once"] as ChatRequest;
		const history: Message[] = [
			...ask.messages,
			{
				role: "assistant",
				content: null,
				tool_calls: [
					{ id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo","days":1}' } },
				],
			},
			{ role: "tool", tool_call_id: "call_1", content: "sunny" },
		];
		const outcome = exchange(model, { ...ask, messages: history });
		agrees(outcome);
		expect(outcome.completion.choices[0]?.message.content).toContain("sunny");
	});
});

it.each(
	MODELS.filter(({ output }) => output.includes("image")).map(
		(model) => [`${model.provider}/${model.id}`, model] as const,
	),
)("%s draws in a chat in the shape that is asked for, and its pictures cost what pictures do", (_, model) => {
	const asked = chat([{ role: "user", content: "Draw a cat." }], {
		modalities: ["image", "text"],
		extensions: { image_config: { aspect_ratio: "16:9" } },
	});
	for (const stream of [false, true]) {
		const outcome = exchange(model, { ...asked, stream });
		agrees(outcome);
		const { usage } = outcome.completion;
		const drawn = model.traits.drawn_tokens?.["1K"] ?? 0;
		expect([drawn > 0, usage?.imageOutput]).toEqual([true, drawn]);
		const asText = costOf({ ...(usage as Usage), imageOutput: 0 }, model, 0) ?? 0;
		const { output = 0, imageOutput = 0 } = model.prices[0]?.price ?? {};
		expect((costOf(usage as Usage, model, 0) ?? 0) - asText).toBe((drawn * (imageOutput - output)) / 1000);
	}
	const [{ message } = { message: {} }] = exchange(model, asked).completion.choices;
	const [image] = generatedImages(message);
	const bytes = Buffer.from(image?.image_url.url.split(",")[1] ?? "", "base64");
	expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1344, 768]);
});

it.each(["gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-3.1-flash-lite"])(
	"sound is counted apart by %s, and costs what it costs there",
	(id) => {
		const model = MODELS.find((one) => one.provider === "gemini" && one.id === id);
		if (model === undefined) throw new Error(`the catalog lost ${id}`);
		const part = { type: "input_audio" as const, input_audio: { data: "AAAA", format: "mp3" } };
		for (const stream of [false, true]) {
			const outcome = exchange(model, chat([{ role: "user", content: [part] }], { stream }));
			agrees(outcome);
			const { usage } = outcome.completion;
			expect(usage?.audioInput).toBe(FILE_TOKENS);
			const asText = costOf({ ...(usage as Usage), audioInput: 0 }, model, 0) ?? 0;
			const { input = 0, audioInput = 0 } = model.prices[0]?.price ?? {};
			expect((costOf(usage as Usage, model, 0) ?? 0) - asText).toBe((FILE_TOKENS * (audioInput - input)) / 1000);
		}
	},
);
