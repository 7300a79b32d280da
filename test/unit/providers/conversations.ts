// Random conversations for the properties of adapters.
import fc from "fast-check";
import type { Message, ToolCall } from "#core/chat/chat";

const text = fc.oneof(fc.string(), fc.constantFrom("", " ", "€", "\n"));
const content = fc.oneof(
	text,
	fc.array(
		text.map((value) => ({ type: "text" as const, text: value })),
		{ maxLength: 3 },
	),
);

const system: fc.Arbitrary<Message[]> = fc
	.record({ role: fc.constantFrom("system" as const, "developer" as const), content })
	.map((message) => [message]);
const user: fc.Arbitrary<Message[]> = content.map((value) => [{ role: "user", content: value }]);
const reply: fc.Arbitrary<Message[]> = content.map((value) => [{ role: "assistant", content: value }]);

/** An assistant turn with one to three calls, each answered, in any order. */
const toolUse: fc.Arbitrary<Message[]> = fc
	.record({
		said: fc.option(text),
		calls: fc.uniqueArray(
			fc.record({
				id: fc.oneof(fc.string({ minLength: 1 }), fc.stringMatching(/^call_[a-z0-9]{1,8}$/)),
				name: fc.stringMatching(/^[a-z_]{1,12}$/),
				arguments: fc.oneof(fc.json(), fc.string()),
			}),
			{ minLength: 1, maxLength: 3, selector: (call) => call.id },
		),
		outcome: content,
		shift: fc.nat(2),
	})
	.map(({ said, calls, outcome, shift }) => {
		const toolCalls = calls.map(
			({ id, name, arguments: args }): ToolCall => ({ id, type: "function", function: { name, arguments: args } }),
		);
		const results = calls.map(({ id }): Message => ({ role: "tool", tool_call_id: id, content: outcome }));
		const turned = [...results.slice(shift), ...results.slice(0, shift)];
		return [{ role: "assistant", content: said, tool_calls: toolCalls }, ...turned];
	});

/** Conversations that OpenAI would accept: every call answered, ending with the user; the rest in any order. */
export const conversations: fc.Arbitrary<Message[]> = fc
	.array(fc.oneof(system, user, reply, toolUse), { maxLength: 8 })
	.map((steps) => [...steps.flat(), { role: "user", content: "Go on." }]);
