/**
 * The least that a gateway with budgets can do on this platform: reads each request, asks one object before it goes on,
 * reads the answer, writes it anew, and tells the object of all that ended within 20 ms. It checks, counts and stores
 * nothing; what Tollgate takes beyond it is Tollgate's own work.
 */
import { DurableObject } from "cloudflare:workers";

/**
 * @typedef {{ attemptId: string, amount: number }} Token
 * @typedef {{ token: Token, actual: number }} Ended
 * @typedef {{ UPSTREAM: string, LEDGERS: DurableObjectNamespace<Ledger> }} Env
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

export default {
	/**
	 * @param {Request} request
	 * @param {Env} env
	 * @param {ExecutionContext} execution
	 */
	async fetch(request, env, execution) {
		const ledger = env.LEDGERS.getByName("one");
		const body = /** @type {{ stream?: boolean }} */ (await request.json());
		const { token } = await ledger.reserve({ attemptId: crypto.randomUUID(), amount: 1 });
		const answer = await fetch(env.UPSTREAM + new URL(request.url).pathname, {
			method: "POST",
			headers: { "content-type": "application/json", authorization: request.headers.get("authorization") ?? "" },
			body: JSON.stringify(body),
			signal: request.signal,
		});
		const end = () => settle(ledger, token, execution);
		if (body.stream && answer.body !== null)
			return new Response(events(answer.body, end), { headers: { "content-type": "text/event-stream" } });
		const whole = JSON.parse(await answer.text());
		end();
		return Response.json(whole);
	},
};

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

/**
 * The events of a stream, each parsed and written again.
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} end
 */
function events(body, end) {
	const reader = body.getReader({ mode: "byob" });
	let buffer = new ArrayBuffer(16 * 1024);
	const decoder = new TextDecoder();
	const encoder = new TextEncoder();
	let rest = "";
	/** @type {UnderlyingSource<Uint8Array>} */
	const source = {
		async pull(controller) {
			const { done, value } = await reader.read(new Uint8Array(buffer));
			if (done) {
				end();
				controller.close();
				return;
			}
			buffer = value.buffer;
			const texts = (rest + decoder.decode(value, { stream: true })).split("\n\n");
			rest = texts.pop() ?? "";
			controller.enqueue(encoder.encode(texts.map(again).join("")));
		},
	};
	return new ReadableStream(source, { highWaterMark: 0 });
}

/** @param {string} event */
function again(event) {
	const data = event.slice("data: ".length);
	return data === "[DONE]" ? `${event}\n\n` : `data: ${JSON.stringify(JSON.parse(data))}\n\n`;
}
