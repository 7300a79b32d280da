import { describe, expect, test } from "vitest";
import { openai } from "#providers/vendors/openai";
import { findModel } from "#simulator/model/models";
import { openaiChat } from "#simulator/wire/vendors/openai";
import { Refusal } from "#simulator/wire/wire";
import { chat } from "#test/unit/simulator/exchange";

const HELLO = chat([{ role: "user", content: "Hello" }]);

function modelOf(id: string) {
	const model = findModel("openai", id);
	if (model === null) throw new Error(`OpenAI has no ${id}`);
	return model;
}

test("a file by its link is asked about over Responses, which follows it", () => {
	const content = [{ type: "file" as const, file: { file_url: "https://a.example/b.pdf", filename: "b" } }];
	const { path, body } = openai.chat.encode(chat([{ role: "user", content }]), modelOf("gpt-4.1"));
	expect(path).toBe("/responses");
	expect(body.input).toMatchObject([
		{ content: [{ type: "input_file", file_url: "https://a.example/b.pdf", filename: "b" }] },
	]);
});

describe("a model that only the Responses API serves", () => {
	test.each([
		"o1-pro",
		"o1-pro-2025-03-19",
		"o3-pro",
		"codex-mini-latest",
		"gpt-5-pro",
		"gpt-5-pro-2025-10-06",
		"gpt-5-codex",
		"gpt-5.1-codex",
		"gpt-5.1-codex-max",
		"gpt-5.1-codex-mini",
		"gpt-5.2-pro",
		"gpt-5.3-codex",
		"gpt-5.4-pro-2026-03-05",
		"gpt-5.5-codex",
		"gpt-5.5-pro",
	])("%s is asked there, tools or not, and refused on Chat Completions", (id) => {
		const model = modelOf(id);
		const tools = [{ type: "function" as const, function: { name: "get_time" } }];
		for (const request of [HELLO, { ...HELLO, tools }])
			expect(openai.chat.encode(request, model).path).toBe("/responses");
		const seat = { model, modelId: id, id: "0".repeat(32), now: 0, provider: "openai", streamPath: "none" as const };
		const body = { model: id, messages: [{ role: "user", content: "Hello" }] };
		expect(() => openaiChat.read(body, seat)).toThrow(Refusal);
		try {
			openaiChat.read(body, seat);
		} catch (thrown) {
			expect(thrown).toMatchObject({ status: 404, body: { error: { param: "model", code: null } } });
		}
	});

	test.each(["o1", "o3", "o3-mini", "gpt-5", "gpt-5-chat", "gpt-5.2", "gpt-5.1-mini", "gpt-4.1"])(
		"%s is none",
		(id) => {
			expect(openai.chat.encode(HELLO, modelOf(id)).path).toBe("/chat/completions");
		},
	);
});
