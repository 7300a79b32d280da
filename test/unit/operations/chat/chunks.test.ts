import { describe, expect, it } from "vitest";
import type { Chunk, Completion } from "#core/chat/chat";
import { toChunks, toCompletion } from "#operations/chat/chunks";

const entry = (token: string) => ({ token, logprob: -1, bytes: null, top_logprobs: [] });

describe("toCompletion", () => {
	it("keeps the log probabilities of every piece of each choice", () => {
		const piece = (index: number, content: string) => ({
			index,
			delta: { content },
			finish_reason: null,
			logprobs: { content: [entry(content)], refusal: null },
		});
		const end = (index: number) => ({ index, delta: {}, finish_reason: "stop" as const });
		const { choices } = toCompletion([
			{ choices: [piece(0, "a"), piece(1, "x")] },
			{ choices: [piece(0, "b")] },
			{ choices: [end(0), end(1)] },
		]);
		expect(choices.map(({ logprobs }) => logprobs)).toEqual([
			{ content: [entry("a"), entry("b")], refusal: null },
			{ content: [entry("x")], refusal: null },
		]);
	});

	it("is what it was after it was a stream", () => {
		const answer: Completion = {
			choices: [
				{
					index: 0,
					message: { role: "assistant", content: "ab", refusal: null },
					finish_reason: "length",
					logprobs: { content: [entry("a"), entry("b")], refusal: null },
				},
			],
			usage: null,
		};
		expect(toCompletion(toChunks(answer))).toEqual(answer);
	});
});

it("joins sound that comes in pieces: its words, and its bytes, wherever each piece of base64 ends", () => {
	const pieces = [
		{ id: "audio_1", transcript: "Good " },
		{ transcript: "morning" },
		{ data: btoa("abcd") },
		{ data: btoa("ef") },
		{ data: btoa("ghi") },
		{ expires_at: 9 },
	];
	const chunks = pieces.map((audio) => ({ choices: [{ index: 0, delta: { audio }, finish_reason: null }] }));
	const end: Chunk = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
	const { audio } = toCompletion([...chunks, end]).choices[0]?.message ?? {};
	expect(audio).toEqual({ id: "audio_1", transcript: "Good morning", data: btoa("abcdefghi"), expires_at: 9 });
});
