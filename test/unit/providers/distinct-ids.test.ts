import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message, ToolCall } from "#core/chat/chat";
import { DistinctIds, withDistinctIds } from "#providers/shared/distinct-ids";
import { ADAPTERS, chat } from "#test/unit/simulator/exchange";
import { conversations } from "./conversations";
import { modelOf } from "./native";

const call = (id: string, name = "f"): ToolCall => ({ id, type: "function", function: { name, arguments: "{}" } });
const step = (ids: readonly string[], at = 0): Message[] => [
	{ role: "assistant", tool_calls: ids.map((id, index) => call(id, `f_${at}_${index}`)) },
	...ids.map((id, index): Message => ({ role: "tool", tool_call_id: id, content: `result ${at} ${index}` })),
];

describe("ids of calls", () => {
	it("are the callers' own where they fit and are new", () => {
		const messages = [...step(["a", "b"]), ...step(["c"])];
		expect(withDistinctIds(messages, 40)).toBe(messages);
	});

	it("stay different where only their ends are kept, and when they are equal", () => {
		const ids = new DistinctIds(12);
		const wanted = ["one-abcdefghijkl", "two-abcdefghijkl", "abcdefghijkl", "hijkl_4", "hijkl_4", "abcdefghijkl", "x"];
		expect(wanted.map((id) => ids.next(id))).toEqual([
			"abcdefghijkl",
			"hijkl_2",
			"hijkl_3",
			"hijkl_4",
			"jkl_4_2",
			"hijkl_5",
			"x",
		]);
	});

	it.each<[string, (at: number) => string]>([
		["are equal", () => "call_0"],
		["end alike", (at) => `${at}${"x".repeat(60)}`],
		["end alike, twice", (at) => `${at >> 1}`.padStart(5, "0") + "x".repeat(35)],
	])("are made in next to no time, however many %s", (_, wanted) => {
		const ids = new DistinctIds(40);
		const before = performance.now();
		expect(new Set(Array.from({ length: 20_000 }, (_, at) => ids.next(wanted(at)))).size).toBe(20_000);
		expect(performance.now() - before).toBeLessThan(2_000);
	});

	const wanted = fc.constantFrom("a", "b", "a_2", "a_3", "long-a_2", "one-very-very-long-a", "two-very-very-long-a");
	const steps = fc.array(fc.array(wanted, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
	const paired = (messages: readonly Message[]) => {
		const names = new Map<string, string>();
		const results: [string, string][] = [];
		for (const message of messages) {
			if (message.role === "assistant") {
				for (const one of message.tool_calls ?? []) {
					expect(names.has(one.id)).toBe(false);
					names.set(one.id, one.type === "function" ? one.function.name : "");
				}
			} else if (message.role === "tool") {
				results.push([names.get(message.tool_call_id) ?? "", message.content as string]);
			}
		}
		return results;
	};

	it("are one for each call, within the limit, and keep results with their calls", () => {
		fc.assert(
			fc.property(steps, fc.constantFrom(12, 40), (given, limit) => {
				const messages = given.flatMap((ids, at) => step(ids, at));
				const sent = withDistinctIds(messages, limit);
				for (const [name, result] of paired(sent)) expect(result).toBe(name.replace("f_", "result ").replace("_", " "));
				for (const message of sent) {
					if (message.role === "tool") expect(message.tool_call_id.length).toBeLessThanOrEqual(limit);
				}
				// What was sent before is sent the same way again, so that it is found in the vendor's cache.
				const shorter = given.slice(0, -1).flatMap((ids, at) => step(ids, at));
				expect(sent.slice(0, shorter.length)).toEqual(withDistinctIds(shorter, limit));
			}),
		);
	});

	it("change nothing else of a conversation", () => {
		fc.assert(
			fc.property(conversations, (messages) => {
				const bare = (list: readonly Message[]) =>
					list.map((message) => {
						if (message.role === "tool") return { ...message, tool_call_id: "" };
						if (message.role !== "assistant" || message.tool_calls === undefined) return message;
						return { ...message, tool_calls: message.tool_calls.map((one) => ({ ...one, id: "" })) };
					});
				expect(bare(withDistinctIds(messages, 12))).toEqual(bare(messages));
			}),
		);
	});
});

/** Where calls and results have their ids on each wire. */
const WIRES: [provider: string, id: string, calls: RegExp, results: RegExp][] = [
	["openai", "gpt-4.1", /"id":"([^"]*)"/g, /"tool_call_id":"([^"]*)"/g],
	["openai", "gpt-6-astra", /"function_call","call_id":"([^"]*)"/g, /"function_call_output","call_id":"([^"]*)"/g],
	["anthropic", "claude-sonnet-5-5", /"tool_use","id":"([^"]*)"/g, /"tool_use_id":"([^"]*)"/g],
	["gemini", "gemini-3.8-flash", /"functionCall":\{"id":"([^"]*)"/g, /"functionResponse":\{"id":"([^"]*)"/g],
	["deepseek", "deepseek-flash", /"id":"([^"]*)"/g, /"tool_call_id":"([^"]*)"/g],
	["openrouter", "openai/gpt-5.5", /"id":"([^"]*)"/g, /"tool_call_id":"([^"]*)"/g],
	["workers-ai", "@cf/openai/gpt-oss-20b", /"id":"([^"]*)"/g, /"tool_call_id":"([^"]*)"/g],
	["workers-ai", "@cf/meta/llama-3.3-70b-instruct-fp8-fast", /"id":"([^"]*)"/g, /"tool_call_id":"([^"]*)"/g],
];

describe.each(WIRES)("calls with equal ids, to %s/%s", (provider, id, calls, results) => {
	const LONG = "x".repeat(70);

	it("go out under ids of their own, each with its result", () => {
		const messages: Message[] = [
			{ role: "user", content: "Go" },
			...step(["same", "same", `a${LONG}`, `b${LONG}`], 0),
			...step(["same"], 1),
		];
		const tools = [{ type: "function" as const, function: { name: "f" } }];
		const body = ADAPTERS[provider]?.chat.encode(chat(messages, { tools }), modelOf(provider, id)).body;
		const { tools: _, ...rest } = body ?? {};
		const text = JSON.stringify(rest);
		const called = [...text.matchAll(calls)].map(([, found]) => found);
		expect(new Set(called).size).toBe(5);
		expect(called[0]).toBe("same");
		expect([...text.matchAll(results)].map(([, found]) => found)).toEqual(called);
	});
});
