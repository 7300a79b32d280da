// Callers that leave while the upstream is silent, at the production bundle on workerd's own socket.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FACES, type FaceName } from "#test/support/faces";
import { budgetState, eventually, holders } from "./load";
import { Production } from "./production";
import { type Arrival, Upstream, type Wire } from "./upstream";

/** The longest that an upstream may be left working for a caller who is gone, in milliseconds. */
const MAX_LATE_MS = 1_000;
/** What is charged beyond what came, in tokens: what was under way, and what may have been made unseen by then. */
const UNDER_WAY = 64;
const TOKENS_PER_MS = 3;

/** The first word of an answer. */
const TEXT = "Hello";

/** What a vendor answers in the protocol of a face, which is passed on, until it falls silent. */
interface Answer {
	readonly model: string;
	/** Of the model, in nano-dollars per token; of a prompt that was not told of, what writing it into a cache costs. */
	readonly price: { readonly input: number; readonly output: number };
	/** The prompt that a stream tells of before its first word; null where it does not. */
	readonly told: { readonly tokens: number; readonly price: number } | null;
	/** A model that can think may have done so unseen, also in a stream. */
	readonly thinks: boolean;
	/** The events of a stream until its first word. */
	readonly events: string;
	/** A whole answer until its first word. */
	readonly whole: string;
}

const event = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
const delta = { role: "assistant", content: TEXT };
const response = {
	id: "resp_1",
	object: "response",
	created_at: 1,
	status: "in_progress",
	model: "gpt-4.1",
	output: [],
	usage: null,
};
const item = { id: "msg_1", type: "message", status: "in_progress", role: "assistant", content: [] };
const where = { item_id: "msg_1", output_index: 0, content_index: 0 };
const message = { id: "msg_1", type: "message", role: "assistant", model: "claude-haiku-4-5", content: [] };

const ANSWERS: Readonly<Record<FaceName, Answer>> = {
	chat: {
		model: "openai/gpt-4.1",
		price: { input: 2_000, output: 8_000 },
		told: null,
		thinks: false,
		events: `data: ${JSON.stringify({
			id: "c",
			object: "chat.completion.chunk",
			created: 1,
			model: "gpt-4.1",
			system_fingerprint: null,
			choices: [{ index: 0, delta, logprobs: null, finish_reason: null }],
		})}\n\n`,
		whole: `{"id":"c","choices":[{"index":0,"message":{"content":"${TEXT}`,
	},
	messages: {
		model: "anthropic/claude-haiku-4-5",
		price: { input: 1_250, output: 5_000 },
		told: { tokens: 9, price: 1_000 },
		thinks: true,
		events:
			event("message_start", { message: { ...message, usage: { input_tokens: 9, output_tokens: 1 } } }) +
			event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }) +
			event("content_block_delta", { index: 0, delta: { type: "text_delta", text: TEXT } }),
		whole: `{"id":"msg_1","type":"message","content":[{"type":"text","text":"${TEXT}`,
	},
	responses: {
		model: "openai/gpt-4.1",
		price: { input: 2_000, output: 8_000 },
		told: null,
		thinks: false,
		events:
			event("response.created", { response }) +
			event("response.output_item.added", { output_index: 0, item }) +
			event("response.content_part.added", { ...where, part: { type: "output_text", text: "", annotations: [] } }) +
			event("response.output_text.delta", { ...where, delta: TEXT }),
		whole: `{"id":"resp_1","object":"response","output":[{"type":"message","content":[{"type":"output_text","text":"${TEXT}`,
	},
};

const typed = ({ stream }: Arrival) => ({ "content-type": stream ? "text/event-stream" : "application/json" });

/** How far an answer comes before the upstream falls silent for good. */
const SILENCES: Record<string, (wire: Wire, arrival: Arrival, answer: Answer) => Promise<unknown>> = {
	"before any header": async () => {},
	"after its headers": (wire, arrival) => wire.head(200, typed(arrival)),
	"after its first word": async (wire, arrival, { events, whole }) => {
		await wire.head(200, typed(arrival));
		await wire.chunk(arrival.stream ? events : whole);
	},
};

/** Which face's protocol an upstream was called in. */
function spokenAt(path: string): FaceName {
	if (path.endsWith("/messages")) return "messages";
	return path.endsWith("/responses") ? "responses" : "chat";
}

/** Hears of the request on which the upstream has fallen silent. */
let onSilent: (arrival: Arrival) => void = () => {};

let upstream: Upstream;
let production: Production;
beforeAll(async () => {
	upstream = await Upstream.start((arrival) => async (wire) => {
		await SILENCES[arrival.play]?.(wire, arrival, ANSWERS[spokenAt(arrival.path)]);
		onSilent(arrival);
	});
	production = await Production.start({
		OPENAI_API_KEY: "sk-of-one-test",
		OPENAI_BASE_URL: `${upstream.url}/v1`,
		ANTHROPIC_API_KEY: "sk-of-one-test",
		ANTHROPIC_BASE_URL: `${upstream.url}/v1`,
	});
});
afterAll(async () => {
	await production?.stop();
	await upstream?.stop();
});

it.each(
	(Object.keys(ANSWERS) as FaceName[]).flatMap((face) =>
		[false, true].flatMap((stream) =>
			Object.keys(SILENCES).map((when) => ({ face, mode: stream ? "stream" : "whole answer", stream, when })),
		),
	),
)("a caller of $face that leaves a $mode $when takes the upstream with it", async ({ face, stream, when }) => {
	const { model, price, thinks, told } = ANSWERS[face];
	const [holder] = await holders(production, 1, "1000");
	if (holder === undefined) throw new Error("no key");
	const { promise: fallen, resolve } = Promise.withResolvers<Arrival>();
	onSilent = resolve;
	const asked = Date.now();
	// Other tiers may cost more, and more would be held for them.
	const tier = face === "messages" ? {} : { service_tier: "default" };
	const caller = await ask(holder.key, FACES[face].path, {
		...FACES[face].body({ model, words: when, stream, limit: 20_000 }),
		...tier,
	});
	const { gone, path } = await fallen;
	expect(path).toBe(FACES[face].path);
	const isSeen = stream && when === "after its first word";
	if (isSeen) await heard(caller, TEXT);
	// The gateway hears of things in their order: what the upstream sent before this is answered has come.
	await (await fetch(`${production.url}/healthz`)).text();

	const left = Date.now();
	// A connection that is only closed may still be read from, as far as workerd knows: a reset says that it is over.
	caller.resetAndDestroy();
	const upstreamIs = await Promise.race([
		gone.then(() => "closed"),
		pause(MAX_LATE_MS, "still working", { ref: false }),
	]);
	expect(upstreamIs).toBe("closed");

	const { output_tokens, ...record } = await recordOf(holder.id);
	expect(record).toMatchObject({ status: 499, error_code: "client_closed_request", estimated: true });
	const [attempt, ...further] = record.attempts;
	expect(further).toEqual([]);
	expect(attempt).toMatchObject({ end: isSeen ? "cut" : "left", fault: null });
	const { start_ms = 0, end_ms = 0 } = attempt ?? {};
	expect(end_ms).toBeLessThan(left - asked + MAX_LATE_MS);
	const prompt = isSeen ? told : null;
	// What was told of counts one token of the answer too.
	const least = UNDER_WAY + (isSeen ? TEXT.length : 0) + (prompt === null ? 0 : 1);
	const unseenMs = stream && !thinks ? 0 : end_ms - start_ms;
	expect(output_tokens).toBeGreaterThanOrEqual(least);
	expect(output_tokens).toBeLessThanOrEqual(least + TOKENS_PER_MS * unseenMs);
	const { settled, reserved, unproven } = await budgetState(production, holder);
	if (prompt !== null) expect(record.input_tokens).toBe(prompt.tokens);
	const charge = record.input_tokens * (prompt?.price ?? price.input) + output_tokens * price.output;
	expect({ settled, reserved, unproven }).toEqual({ settled: charge, reserved: 0, unproven: 0 });
});

/** What is read of a request's record. */
interface RequestRecord {
	readonly input_tokens: number;
	readonly output_tokens: number;
	/** Milliseconds since the request arrived. */
	readonly attempts: readonly { readonly start_ms: number; readonly end_ms: number }[];
}

/** The record of the only request of a key, once there is one. */
async function recordOf(keyId: string): Promise<RequestRecord> {
	const { data } = await eventually(
		async () => (await production.admin("GET", `/requests?key_id=${keyId}`)) as { data: { id: string }[] },
		(listed) => listed.data.length > 0,
	);
	return (await production.admin("GET", `/requests/${data[0]?.id}`)) as never;
}

/** Asks over a connection of its own, and hears nothing yet. */
async function ask(key: string, path: string, asked: object): Promise<Socket> {
	const { hostname, port } = new URL(production.url);
	const socket = connect(Number(port), hostname);
	await once(socket, "connect");
	const body = JSON.stringify(asked);
	const head = [
		`POST ${path} HTTP/1.1`,
		`host: ${hostname}:${port}`,
		`authorization: Bearer ${key}`,
		"content-type: application/json",
		`content-length: ${Buffer.byteLength(body)}`,
	];
	socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
	return socket;
}

/** Resolves when a text has come. */
async function heard(socket: Socket, text: string): Promise<void> {
	let received = "";
	for await (const data of socket.iterator({ destroyOnReturn: false })) {
		received += data;
		if (received.includes(text)) return;
	}
	throw new Error(`the answer ended without ${text}: ${received}`);
}
