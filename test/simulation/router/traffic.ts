// The calls of a day, by task, as they come whatever the router does.
import type { ChatRequest, Message } from "#core/chat/chat";
import type { KeyId } from "#core/ids";
import { conversationOf, familyOf } from "#operations/chat/conversation";
import { seededRandom } from "#router/ranking/seeded-random";

export const TASKS = ["chat", "assistant", "code", "extraction", "reasoning", "critical"] as const;
export type Task = (typeof TASKS)[number];

/** What tasks of a kind are like. Tokens are means; every conversation strays from them. */
interface Manner {
	/** Its part of all conversations. */
	readonly share: number;
	readonly says: string;
	/** The system prompt and tools, the same for every conversation of a family. */
	readonly fixedTokens: number;
	/** What each turn adds beside the answer before it. */
	readonly turnTokens: number;
	readonly outputTokens: number;
	readonly turns: number;
	readonly more: Partial<ChatRequest>;
}

const MANNERS: Readonly<Record<Task, Manner>> = {
	chat: {
		share: 0.4,
		says: "What is a heron?",
		fixedTokens: 150,
		turnTokens: 100,
		outputTokens: 150,
		turns: 2,
		more: {},
	},
	assistant: {
		share: 0.2,
		says: "Now the same for the second quarter, please.",
		fixedTokens: 3_500,
		turnTokens: 400,
		outputTokens: 350,
		turns: 7,
		more: {},
	},
	code: {
		share: 0.1,
		says: "Please refactor this module.",
		fixedTokens: 11_000,
		turnTokens: 900,
		outputTokens: 400,
		turns: 16,
		more: { tools: [{ type: "function", function: { name: "edit" } }] },
	},
	extraction: {
		share: 0.15,
		says: "Find the names in this letter.",
		fixedTokens: 1_800,
		turnTokens: 900,
		outputTokens: 200,
		turns: 1,
		more: { response_format: { type: "json_schema", json_schema: { name: "names" } } },
	},
	reasoning: {
		share: 0.08,
		says: "How many of these routes cross?",
		fixedTokens: 400,
		turnTokens: 400,
		outputTokens: 2_500,
		turns: 1,
		more: { reasoning_effort: "high" },
	},
	critical: {
		share: 0.07,
		says: "Which of the two valves must be shut?",
		fixedTokens: 900,
		turnTokens: 300,
		outputTokens: 300,
		turns: 1,
		more: { metadata: { priority: "critical" } },
	},
};

/** One request, as it is sent whatever the router does. */
export interface Call {
	readonly index: number;
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly task: Task;
	readonly request: ChatRequest;
	readonly family: string;
	readonly conversation: string;
	readonly promptTokens: number;
	/** Of the prompt, what every conversation of the family shares. */
	readonly fixedTokens: number;
	/** What a model of usual verbosity would answer. */
	readonly outputTokens: number;
	/** Turns that will follow. */
	readonly further: number;
}

/** Families of tasks of each kind. */
const FAMILIES = 2;
const THINKING_S = 25;

/** So many calls of conversations that begin at random, in the order in which they are made. */
export function traffic(count: number, conversationsPerSecond: number, start: number, seed: number): readonly Call[] {
	const draw = seededRandom(seed);
	const calls: Omit<Call, "index">[] = [];
	let begins = start;
	let horizon = Number.POSITIVE_INFINITY;
	// Conversations are begun until none that begins later could be among the first calls.
	for (let number = 0; begins < horizon; number++) {
		begins += (-Math.log(1 - draw()) / conversationsPerSecond) * 1_000;
		calls.push(...conversation(pick(draw()), number, begins, draw));
		if (calls.length >= count * 2) {
			horizon = calls.map(({ at }) => at).toSorted((a, b) => a - b)[count] ?? horizon;
		}
	}
	return calls
		.sort((a, b) => a.at - b.at)
		.slice(0, count)
		.map((call, index) => ({ ...call, index }));
}

function conversation(task: Task, number: number, begins: number, draw: () => number): Omit<Call, "index">[] {
	const manner = MANNERS[task];
	const family = Math.floor(draw() * FAMILIES);
	const turns = manner.turns === 1 ? 1 : 1 + Math.floor(-Math.log(1 - draw()) * manner.turns);
	const messages: Message[] = [{ role: "system", content: `${task} ${family}` }];
	const calls: Omit<Call, "index">[] = [];
	let at = begins;
	let promptTokens = manner.fixedTokens;
	for (let turn = 0; turn < turns; turn++) {
		promptTokens += Math.ceil(manner.turnTokens * stray(draw));
		const outputTokens = Math.ceil(manner.outputTokens * stray(draw));
		messages.push({ role: "user", content: turn === 0 ? `${number}: ${manner.says}` : manner.says });
		const request: ChatRequest = {
			messages: [...messages],
			stream: true,
			extensions: {},
			providerExtensions: {},
			...manner.more,
		};
		const familyId = familyOf("key_1" as KeyId, request);
		calls.push({
			at,
			task,
			request,
			family: familyId,
			conversation: conversationOf(familyId, null, request),
			promptTokens,
			fixedTokens: manner.fixedTokens,
			outputTokens,
			further: turns - 1 - turn,
		});
		messages.push({ role: "assistant", content: "…" });
		promptTokens += outputTokens;
		at += (2 - Math.log(1 - draw()) * THINKING_S) * 1_000;
	}
	return calls;
}

function pick(chance: number): Task {
	let rest = chance;
	for (const task of TASKS) {
		rest -= MANNERS[task].share;
		if (rest < 0) return task;
	}
	return "chat";
}

/** Around 1, seldom below a third or above three. */
function stray(draw: () => number): number {
	return Math.exp((draw() + draw() + draw() - 1.5) * 0.9);
}
