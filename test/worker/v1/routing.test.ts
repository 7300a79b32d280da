import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { ChatRequest } from "#core/chat/chat";
import type { CredentialId, KeyId } from "#core/ids";
import { ApiKeyObject } from "#durable-objects/api-key/object";
import type { Env } from "#env";
import { recallRoute } from "#gateway/routing/routing-memory";
import { conversationOf, familyOf } from "#operations/chat/conversation";
import { isolate } from "#simulator/isolate";
import { issueKey } from "#test/worker/admin/admin-client";
import { chat, completion, failure, fault, mend, user } from "#test/worker/gateway";
import { KeyStub } from "#test/worker/money/key-stub";

const { API_KEYS } = env as unknown as Env;

afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

const said = (...turns: string[]) =>
	turns.map((content, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content }) as ChatRequest["messages"][number]);

/** Waits until the key's object has learnt something from an attempt. */
function watchLessons(): () => Promise<void> {
	let learnt = 0;
	const settle = ApiKeyObject.prototype.settle;
	vi.spyOn(ApiKeyObject.prototype, "settle").mockImplementation(function (this: ApiKeyObject, batch) {
		const outcome = settle.call(this, batch);
		learnt += batch.items.filter((item) => item.learnt !== undefined).length;
		return outcome;
	});
	return () =>
		vi.waitFor(() => {
			if (learnt === 0) throw new Error("nothing was learnt yet");
		});
}

describe("auto", () => {
	test("serves, and says how it chose", async () => {
		const { headers } = await completion({ model: "auto", messages: user("What is a heron?") });
		expect(headers.get("x-tollgate-strategy")).toBe("auto");
		const code = await completion({ model: "auto", messages: user("Debug this:\n```\nx = = 1\n```") });
		expect(code.headers.get("x-tollgate-model")).not.toBe(headers.get("x-tollgate-model"));
	});

	test("refuses what nobody in reach can do, with the reasons", async () => {
		const content = [{ type: "input_audio", input_audio: { data: "AAAA", format: "wav" } }];
		const refused = await failure(chat({ model: "auto", provider: "deepseek", messages: user(content) }));
		expect(refused).toMatchObject({ status: 400, error: { code: "no_candidate", param: "model" } });
		expect(refused.error.metadata?.excluded).toContainEqual({
			target: "deepseek/deepseek-v4-pro",
			reason: "capability:audio",
			until: null,
		});
	});
});

describe("a conversation", () => {
	test("stays where it came to when its first provider failed, and its key's object knows", async () => {
		const issued = await issueKey();
		const ask = (...turns: string[]) =>
			chat({ model: "deepseek-v4-pro", messages: said(...turns) }, { authorization: `Bearer ${issued.key}` });
		const isLearnt = watchLessons();
		await fault({ provider: "deepseek", fault: "error", status: 500 });
		const first = await ask("Tell me of herons");
		await first.text();
		expect(first.headers.get("x-tollgate-attempts")).toBe("deepseek:500,openrouter:200");
		await isLearnt();
		await mend();
		const second = await ask("Tell me of herons", "They wade.", "And of storks?");
		await second.text();
		expect(second.headers.get("x-tollgate-attempts")).toBe("openrouter:200");
		const another = await ask("Tell me of cranes");
		await another.text();
		expect(another.headers.get("x-tollgate-attempts")).toBe("deepseek:200");
		const again = await ask("Tell me of herons");
		await again.text();
		expect(again.headers.get("x-tollgate-attempts")).toBe("deepseek:200");

		const request: ChatRequest = {
			messages: said("Tell me of herons"),
			stream: false,
			extensions: {},
			providerExtensions: {},
		};
		const family = familyOf(issued.id as KeyId, request);
		const conversation = conversationOf(family, null, request);
		const recalled = await API_KEYS.getByName(issued.id).recallRoute(conversation, family);
		expect(recalled.affinity?.target).toBe("openrouter/deepseek/deepseek-v4-pro");
		expect(recalled.family?.targets.get("deepseek/deepseek-v4-pro")).toMatchObject({ failures: 1 });
	});

	test("is known to an isolate that asks the key's object, once and for all that was settled", async () => {
		const key = await KeyStub.make({ budgets: [] });
		const { keyId } = key.registration;
		const learnt = {
			conversation: "heron",
			family: "birds",
			target: "openai/gpt-6-luna",
			credential: "default" as CredentialId,
			failed: false,
			prompt: { tokens: 100, cached: 50 },
			output: 10,
		};
		const ended = { attemptId: "a", token: null, actual: 0, estimated: false, void: false, tokens: 110, learnt };
		const batch = { id: "batch_of_lessons", sentAt: Date.now(), items: [ended] };
		await key.stub.settle(batch);
		const { routingMemory } = isolate.state;
		await recallRoute(routingMemory, API_KEYS, keyId, "heron", "birds");
		expect(routingMemory.affinity("heron", Date.now())).toMatchObject({ target: learnt.target, cachedShare: 0.5 });
		expect(routingMemory.family("birds")?.output).toBe(10);
	});

	test("goes on without an answer of its key's object", async () => {
		vi.spyOn(ApiKeyObject.prototype, "recallRoute").mockImplementation(() => {
			throw new Error("broken");
		});
		const { routingMemory } = isolate.state;
		await recallRoute(routingMemory, API_KEYS, "key_broken" as KeyId, "stork", "birds");
		expect(routingMemory.affinity("stork", Date.now())).toBeNull();
		const messages = said("An old one", "Yes?", "Go on");
		const { headers } = await completion({ model: "deepseek-v4-pro", messages });
		expect(headers.get("x-tollgate-provider")).toBe("deepseek");
	});
});
