import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatRequest, Message, Tool } from "#core/chat/chat";
import type { KeyId } from "#core/ids";
import { parseMessages } from "#faces/anthropic-messages/parse";
import { parseChat } from "#faces/openai-chat/parse";
import { parseResponses } from "#faces/openai-responses/parse";
import { sessionOf } from "#http/request/session";
import { TextHash } from "#lib/text-hash";
import { conversationOf, familyOf, prefixesOf, turnsOf } from "#operations/chat/conversation";

const key = "key_1" as KeyId;
const tool = (name: string): Tool => ({ type: "function", function: { name } });
const request = (messages: Message[], tools?: Tool[]): ChatRequest => ({
	messages,
	stream: false,
	...(tools && { tools }),
	extensions: {},
	providerExtensions: {},
});
const system = (content: string): Message => ({ role: "system", content });
const user = (content: string): Message => ({ role: "user", content });
const assistant = (content: string): Message => ({ role: "assistant", content });
const talk = (session: string | null, messages: Message[], tools?: Tool[]) =>
	conversationOf(familyOf(key, request(messages, tools)), session, request(messages, tools));

describe("a conversation", () => {
	const opening = [system("You are terse."), user("Hello")];

	it("is the same over its turns, and another for another opening", () => {
		const later = [...opening, assistant("Hi."), user("And now?")];
		expect(talk(null, later)).toBe(talk(null, opening));
		expect(talk(null, [system("You are terse."), user("Hullo")])).not.toBe(talk(null, opening));
		expect(turnsOf(request(opening))).toBe(0);
		expect(turnsOf(request(later))).toBe(1);
	});

	it("is the client's session where it names one, but not over another system prompt or tools", () => {
		expect(talk("s1", [system("a"), user("x")])).toBe(talk("s1", [system("a"), user("y")]));
		expect(talk("s1", [system("a"), user("x")])).not.toBe(talk("s2", [system("a"), user("x")]));
		expect(talk("s1", [system("a"), user("x")])).not.toBe(talk("s1", [system("b"), user("x")]));
		expect(talk("s1", [user("x")], [tool("read")])).not.toBe(talk("s1", [user("x")]));
	});

	it("is what the client wants to be cached together, where it names no session", () => {
		const keyed = (prompt_cache_key: string, messages: Message[]) =>
			conversationOf("f", null, { ...request(messages), prompt_cache_key });
		expect(keyed("k", [user("x")])).toBe(keyed("k", [user("y")]));
		expect(keyed("k", [user("x")])).not.toBe(keyed("l", [user("x")]));
		expect(keyed("k", [user("x")])).not.toBe(conversationOf("f", null, request([user("x")])));
	});

	it("never is that of another key", () => {
		expect(familyOf(key, request(opening))).not.toBe(familyOf("key_2" as KeyId, request(opening)));
	});

	it("reads little of what is long, and still its length", () => {
		const long = "x".repeat(100_000);
		expect(talk(null, [user(long)])).not.toBe(talk(null, [user(`${long}x`)]));
		expect(talk(null, [user(long)])).not.toBe(talk(null, [user(`y${long.slice(1)}`)]));
	});
});

describe("the hash of texts", () => {
	it("tells texts and their boundaries apart", () => {
		fc.assert(
			fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
				const of = (texts: string[]) => texts.reduce((hash, text) => hash.add(text), new TextHash()).digest();
				expect(of(a) === of(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
			}),
			{ seed: 11, numRuns: 2_000 },
		);
		const one = new TextHash().add("ab").add("c").digest();
		expect(new TextHash().add("a").add("bc").digest()).not.toBe(one);
	});
});

describe("the session header", () => {
	it.each([
		[{ "x-claude-code-session-id": "c" }, "c"],
		[{ "session-id": "x", "thread-id": "t" }, "x"],
		[{ "x-session-id": "o" }, "o"],
		[{ "x-tollgate-session": "mine", "x-session-id": "o" }, "mine"],
		[{ "x-session-id": "" }, null],
		[{ "x-session-id": "a".repeat(201) }, null],
		[{}, null],
	])("of %j is %s", (headers, session) => {
		expect(sessionOf(new Headers(headers as Record<string, string>))).toBe(session);
	});
});

describe("the beginnings of a prompt", () => {
	const prefixes = (messages: Message[], tools?: Tool[]) => {
		const asked = request(messages, tools);
		return prefixesOf(familyOf(key, asked), asked);
	};
	const opening = [system("You are terse."), user("Hello")];

	it("are its family, and then all that came by each message; those of its next turn begin with them", () => {
		const first = prefixes(opening);
		const next = prefixes([...opening, assistant("Hi."), user("And now?")]);
		expect(first).toHaveLength(3);
		expect(next.slice(0, 3)).toEqual(first);
		expect(new Set(next).size).toBe(5);
	});

	it("part where the prompts do", () => {
		const [family, begun, whole] = prefixes(opening);
		expect(prefixes([system("You are terse."), user("Hullo")]).slice(0, 2)).toEqual([family, begun]);
		expect(prefixes([system("You are terse."), assistant("Hello")])[2]).not.toBe(whole);
		expect(prefixes(opening, [tool("read")])[0]).not.toBe(family);
		const call = (args: string): Message => ({
			role: "assistant",
			tool_calls: [{ id: "c", type: "function", function: { name: "read", arguments: args } }],
		});
		expect(prefixes([...opening, call("{}")])[3]).not.toBe(prefixes([...opening, call('{"a":1}')])[3]);
	});
});

it("a conversation is the same to the router, whatever its client speaks", () => {
	const named = () => undefined;
	const parameters = { type: "object", properties: {} };
	const spoken = [
		parseChat(
			{
				messages: [system("You are terse."), user("Hello"), assistant("Hi."), user("And now?")],
				tools: [{ type: "function", function: { name: "read", parameters } }],
			},
			named,
		).request,
		parseMessages(
			{
				max_tokens: 10,
				system: "You are terse.",
				messages: [user("Hello"), assistant("Hi."), user("And now?")],
				tools: [{ name: "read", input_schema: parameters }],
			},
			named,
		).request,
		parseResponses(
			{
				instructions: "You are terse.",
				input: [user("Hello"), assistant("Hi."), user("And now?")],
				tools: [{ type: "function", name: "read", parameters }],
			},
			named,
		).request,
	].map((asked) => {
		const family = familyOf(key, asked);
		return [family, conversationOf(family, null, asked), turnsOf(asked), ...prefixesOf(family, asked)];
	});
	expect(spoken[1]).toEqual(spoken[0]);
	expect(spoken[2]).toEqual(spoken[0]);
});
