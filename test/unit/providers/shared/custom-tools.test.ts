import { describe, expect, it } from "vitest";
import type { ChatRequest, Chunk, Completion, Delta, FinishReason } from "#core/chat/chat";
import type { ChatCodec } from "#providers/adapter";
import { customToolsAsFunctions } from "#providers/shared/tools/custom-tools";
import { ADAPTERS, chat, MODELS } from "#test/unit/simulator/exchange";

const PATCH = {
	type: "custom",
	custom: {
		name: "apply_patch",
		description: "Patches files",
		format: { type: "grammar", grammar: { syntax: "lark", definition: 'start: "x"' } },
	},
} as const;
const request: ChatRequest = chat(
	[
		{ role: "user", content: "Patch it" },
		{
			role: "assistant",
			tool_calls: [{ id: "call_1", type: "custom", custom: { name: "apply_patch", input: '*** "a"\n' } }],
		},
		{ role: "tool", tool_call_id: "call_1", content: "Done" },
	],
	{ tools: [PATCH], tool_choice: { type: "custom", custom: { name: "apply_patch" } } },
);
const [model] = MODELS as [(typeof MODELS)[number]];

/** A vendor that answers what it is told to. */
function codecOf(answer: { chunks?: Chunk[][]; whole?: Completion }): ChatCodec & { sent: ChatRequest[] } {
	const sent: ChatRequest[] = [];
	return {
		sent,
		encode(encoded) {
			sent.push(encoded);
			return { path: "/", body: {}, dropped: [] };
		},
		decode: () => answer.whole as Completion,
		decoder() {
			const [last, ...before] = (answer.chunks ?? []).toReversed();
			const left = before.reverse();
			return { push: () => left.shift() ?? [], end: () => last ?? [] };
		},
		relay: () => ({ face: "chat" }) as unknown as ReturnType<NonNullable<ChatCodec["relay"]>>,
	};
}

const chunk = (delta: Delta, finish_reason: FinishReason | null = null): Chunk => ({
	choices: [{ index: 0, delta, finish_reason }],
});

describe("free-form tools at a vendor that knows functions only", () => {
	it("are functions of one text, in their declaration, their choice and the calls before", () => {
		const codec = codecOf({});
		customToolsAsFunctions(codec).encode(request, model);
		expect(codec.sent[0]).toMatchObject({
			tools: [
				{
					type: "function",
					function: {
						name: "apply_patch",
						description: "Patches files",
						parameters: {
							required: ["input"],
							properties: { input: { description: expect.stringContaining('Lark grammar:\nstart: "x"') } },
						},
					},
				},
			],
			tool_choice: { type: "function", function: { name: "apply_patch" } },
			messages: [
				{},
				{ tool_calls: [{ id: "call_1", function: { name: "apply_patch", arguments: '{"input":"*** \\"a\\"\\n"}' } }] },
				{},
			],
		});
		const allowed = { mode: "auto", tools: [{ type: "custom", custom: { name: "apply_patch" } }] } as const;
		customToolsAsFunctions(codec).encode(
			{ ...request, tool_choice: { type: "allowed_tools", allowed_tools: { ...allowed, tools: [...allowed.tools] } } },
			model,
		);
		expect(codec.sent[1]?.tool_choice).toMatchObject({
			allowed_tools: { tools: [{ type: "function", function: { name: "apply_patch" } }] },
		});
	});

	it("leave a request without any as it is, and its answers too", () => {
		const codec = codecOf({});
		const plain = chat([{ role: "user", content: "Hi" }]);
		const wrapped = customToolsAsFunctions(codec);
		wrapped.encode(plain, model);
		expect(codec.sent[0]).toBe(plain);
		expect(wrapped.relay?.(plain, model)).not.toBeNull();
		expect(wrapped.relay?.(request, model)).toBeNull();
	});

	it("are called as what they are, in a whole answer", () => {
		const call = (name: string, text: string) =>
			({ id: "c", type: "function", function: { name, arguments: text } }) as const;
		const whole: Completion = {
			choices: [
				{
					index: 0,
					message: {
						role: "assistant",
						content: null,
						refusal: null,
						tool_calls: [call("apply_patch", '{"input":"a\\nb"}'), call("apply_patch", "no JSON"), call("other", "{}")],
					},
					finish_reason: "tool_calls",
				},
			],
			usage: null,
		};
		const answer = customToolsAsFunctions(codecOf({ whole })).decode({}, request, model);
		expect(answer.choices[0]?.message.tool_calls).toEqual([
			{ id: "c", type: "custom", custom: { name: "apply_patch", input: "a\nb" } },
			{ id: "c", type: "custom", custom: { name: "apply_patch", input: "no JSON" } },
			call("other", "{}"),
		]);
	});

	it("are called as what they are, in a stream, among functions", () => {
		const begin = (index: number, name: string) =>
			({ index, id: `c${index}`, type: "function", function: { name, arguments: "" } }) as const;
		const more = (index: number, text: string) => chunk({ tool_calls: [{ index, function: { arguments: text } }] });
		const chunks = [
			[chunk({ content: "I will." })],
			[chunk({ tool_calls: [begin(0, "apply_patch"), begin(1, "other")] })],
			[more(0, '{"inp')],
			[more(1, "{}"), more(0, 'ut":"a"}')],
			[chunk({}, "tool_calls")],
		];
		const decoder = customToolsAsFunctions(codecOf({ chunks })).decoder(request, model);
		const read = [...Array.from({ length: 4 }, () => decoder.push({ event: "", data: "" })).flat(), ...decoder.end()];
		const deltas = read.flatMap(({ choices }) => choices.map(({ delta }) => delta));
		expect(deltas).toEqual([
			{ content: "I will." },
			{
				tool_calls: [
					{ index: 0, id: "c0", type: "custom", custom: { name: "apply_patch", input: "" } },
					begin(1, "other"),
				],
			},
			{ tool_calls: [{ index: 1, function: { arguments: "{}" } }] },
			{ tool_calls: [{ index: 0, custom: { input: "a" } }] },
			{},
		]);
		expect(read.at(-1)?.choices[0]?.finish_reason).toBe("tool_calls");
	});
});

const firsts = MODELS.filter(
	({ provider, tools }, at) => tools && MODELS.findIndex((one) => one.provider === provider && one.tools) === at,
);

it.each(firsts.map((one) => [one.provider, one] as const))("%s takes free-form tools", (provider, one) => {
	const { tool_choice: _, ...free } = request;
	const body = JSON.stringify(ADAPTERS[provider]?.chat.encode(free, one).body);
	expect(body).toContain("apply_patch");
	const knows = ["openai", "openrouter", "acme"].includes(provider);
	expect(body.includes('"custom"')).toBe(knows);
});
