// Callers that leave while the upstream is silent, at the production bundle on workerd's own socket.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { budgetState, eventually, holders } from "./load";
import { Production } from "./production";
import { type Arrival, Upstream, type Wire } from "./upstream";

/** The longest that an upstream may be left working for a caller who is gone, in milliseconds. */
const MAX_LATE_MS = 1_000;
/** It cannot think, so there is time in its charge only for a whole answer. Prices in nano-dollars per token. */
const MODEL = { name: "openai/gpt-4.1", input: 2_000, output: 8_000 };
/** What is charged beyond what came, in tokens: what was under way, and what a whole answer may have had by then. */
const UNDER_WAY = 64;
const TOKENS_PER_MS = 3;

/** The first word of an answer. */
const TEXT = "Hello";
const WORD = `data: ${JSON.stringify({
	id: "c",
	object: "chat.completion.chunk",
	created: 1,
	model: "gpt-4.1",
	choices: [{ index: 0, delta: { role: "assistant", content: TEXT }, logprobs: null, finish_reason: null }],
})}\n\n`;

/** How far an answer comes before the upstream falls silent for good. */
const SILENCES: Record<string, (wire: Wire, arrival: Arrival) => Promise<unknown>> = {
	"before any header": async () => {},
	"after its headers": (wire, { stream }) =>
		wire.head(200, { "content-type": stream ? "text/event-stream" : "application/json" }),
	"after its first word": async (wire, { stream }) => {
		await wire.head(200, { "content-type": stream ? "text/event-stream" : "application/json" });
		await wire.chunk(stream ? WORD : `{"id":"c","choices":[{"index":0,"message":{"content":"${TEXT}`);
	},
};

/** Hears of the request on which the upstream has fallen silent. */
let onSilent: (arrival: Arrival) => void = () => {};

let upstream: Upstream;
let production: Production;
beforeAll(async () => {
	upstream = await Upstream.start((arrival) => async (wire) => {
		await SILENCES[arrival.play]?.(wire, arrival);
		onSilent(arrival);
	});
	production = await Production.start({ OPENAI_API_KEY: "sk-of-one-test", OPENAI_BASE_URL: `${upstream.url}/v1` });
});
afterAll(async () => {
	await production?.stop();
	await upstream?.stop();
});

it.each(
	[false, true].flatMap((stream) =>
		Object.keys(SILENCES).map((when) => ({ mode: stream ? "stream" : "whole answer", stream, when })),
	),
)("a caller that leaves a $mode $when takes the upstream with it", async ({ stream, when }) => {
	const [holder] = await holders(production, 1, "1000");
	if (holder === undefined) throw new Error("no key");
	const { promise: fallen, resolve } = Promise.withResolvers<Arrival>();
	onSilent = resolve;
	const asked = Date.now();
	const caller = await ask(holder.key, {
		model: MODEL.name,
		max_tokens: 20_000,
		stream,
		// Others may cost more, and more would be held for them.
		service_tier: "default",
		messages: [{ role: "user", content: when }],
	});
	const { gone } = await fallen;
	const seen = stream && when === "after its first word" ? TEXT : "";
	if (seen !== "") await heard(caller, seen);
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
	expect(attempt).toMatchObject({ end: seen === "" ? "left" : "cut", fault: null });
	const { start_ms = 0, end_ms = 0 } = attempt ?? {};
	expect(end_ms).toBeLessThan(left - asked + MAX_LATE_MS);
	const least = UNDER_WAY + seen.length;
	expect(output_tokens).toBeGreaterThanOrEqual(least);
	expect(output_tokens).toBeLessThanOrEqual(stream ? least : least + TOKENS_PER_MS * (end_ms - start_ms));
	const { settled, reserved, unproven } = await budgetState(production, holder);
	const charge = record.input_tokens * MODEL.input + output_tokens * MODEL.output;
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

/** Sends a chat completion over a connection of its own, and hears nothing yet. */
async function ask(key: string, asked: object): Promise<Socket> {
	const { hostname, port } = new URL(production.url);
	const socket = connect(Number(port), hostname);
	await once(socket, "connect");
	const body = JSON.stringify(asked);
	const head = [
		"POST /v1/chat/completions HTTP/1.1",
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
