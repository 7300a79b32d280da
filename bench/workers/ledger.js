/**
 * What the prototypes share, the least that a gateway with budgets must do around an answer: read each request, ask one
 * object before it goes on, and tell the object of all that ended within 20 ms. It checks, counts and stores nothing.
 */
import { DurableObject } from "cloudflare:workers";

/**
 * @typedef {{ attemptId: string, amount: number }} Token
 * @typedef {{ token: Token, actual: number }} Ended
 * @typedef {{ UPSTREAM: string, LEDGERS: DurableObjectNamespace<Ledger> }} Env
 * @typedef {(body: ReadableStream<Uint8Array>, end: () => void, execution: ExecutionContext) =>
 *   ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>} Relay passes a stream on and says when it has ended
 */

export class Ledger extends DurableObject {
	/** @param {Token} token */
	reserve({ attemptId, amount }) {
		return { outcome: "granted", token: { attemptId, amount }, warnings: [] };
	}

	/** @param {{ id: string, items: Ended[] }} _batch */
	settle(_batch) {
		return "applied";
	}
}

/** @type {Ended[]} */
let ended = [];

/**
 * A Worker that relays streams in that way, and writes whole answers anew.
 * @param {Relay} relay
 * @returns {ExportedHandler<Env>}
 */
export function governed(relay) {
	return {
		async fetch(request, env, execution) {
			const ledger = env.LEDGERS.getByName("one");
			const body = /** @type {{ stream?: boolean }} */ (await request.json());
			const { token } = await ledger.reserve({ attemptId: crypto.randomUUID(), amount: 1 });
			const answer = await fetch(env.UPSTREAM + new URL(request.url).pathname, {
				method: "POST",
				headers: {
					"content-type": "application/json",
					authorization: request.headers.get("authorization") ?? "",
				},
				body: JSON.stringify(body),
				signal: request.signal,
			});
			const end = () => settle(ledger, token, execution);
			if (body.stream && answer.body !== null) {
				const events = await relay(answer.body, end, execution);
				return new Response(events, { headers: { "content-type": "text/event-stream" } });
			}
			const whole = JSON.parse(await answer.text());
			end();
			return Response.json(whole);
		},
	};
}

/**
 * @param {DurableObjectStub<Ledger>} ledger
 * @param {Token} token
 * @param {ExecutionContext} execution
 */
function settle(ledger, token, execution) {
	ended.push({ token, actual: 1 });
	if (ended.length > 1) return;
	execution.waitUntil(
		scheduler.wait(20).then(() => {
			const items = ended;
			ended = [];
			return ledger.settle({ id: crypto.randomUUID(), items });
		}),
	);
}
