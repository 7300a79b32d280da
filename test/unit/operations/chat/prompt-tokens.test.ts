import { describe, expect, it } from "vitest";
import type { ChatRequest } from "#core/chat/chat";
import { estimatePrompt, roughPrompt } from "#operations/chat/prompt-tokens";

const TEXTS = {
	prose: "A heron stood in the reeds and waited for the tide to turn, as it had done every morning that year. ",
	code: "export function sum(values: readonly number[]): number {\n\treturn values.reduce((a, b) => a + b, 0);\n}\n",
	german: "Die Störche kehrten im März zurück und bauten ihre Nester auf den Schornsteinen der alten Fabrik. ",
	russian: "Цапля стояла в камышах и ждала, когда начнётся прилив, как и каждое утро того года. ",
	chinese: "苍鹭站在芦苇丛中，等待潮水转向，那一年的每个早晨都是如此。",
	japanese: "サギは葦の中に立ち、その年の毎朝と同じように潮が変わるのを待っていた。",
	json: '{"id": 1042, "name": "heron", "tags": ["bird", "wader"], "seen": "2026-11-27T08:15:00Z"}, ',
};

const request = (content: string, rest: Partial<ChatRequest> = {}): ChatRequest => ({
	messages: [{ role: "user", content }],
	stream: false,
	extensions: {},
	providerExtensions: {},
	...rest,
});

describe("the rough size of a prompt", () => {
	it.each(Object.entries(TEXTS))("of %s is within a factor of two of the estimate", (_, text) => {
		for (const times of [1, 10, 100]) {
			const ratio = roughPrompt(request(text.repeat(times))) / estimatePrompt(request(text.repeat(times)));
			expect(ratio).toBeGreaterThan(0.5);
			expect(ratio).toBeLessThan(2);
		}
	});

	it("counts whatever a prompt consists of", () => {
		const whole = request(TEXTS.prose, {
			messages: [
				{ role: "system", content: TEXTS.prose },
				{
					role: "user",
					content: [
						{ type: "image_url", image_url: { url: "x" } },
						{ type: "text", text: TEXTS.code },
					],
				},
				{
					role: "assistant",
					reasoning_content: TEXTS.prose,
					tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: TEXTS.json } }],
				},
				{ role: "tool", tool_call_id: "c", content: TEXTS.json },
			],
			tools: [{ type: "function", function: { name: "f", description: TEXTS.prose.repeat(5) } }],
		});
		const ratio = roughPrompt(whole) / estimatePrompt(whole);
		expect(ratio).toBeGreaterThan(0.5);
		expect(ratio).toBeLessThan(2);
	});
});
