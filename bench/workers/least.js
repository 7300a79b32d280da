/**
 * The least that the platform leaves to a gateway with budgets that reads what it passes on: each request and each whole
 * answer is parsed once and goes on in its own text, one object is asked with flat arguments before the call, and
 * streams are piped by the runtime unread. It settles nothing, so that no gateway that does can be cheaper.
 */
import { DurableObject } from "cloudflare:workers";

/** @typedef {{ UPSTREAM: string, LEDGERS: DurableObjectNamespace<Ledger> }} Env */

export class Ledger extends DurableObject {
	/**
	 * @param {string} _attemptId
	 * @param {number} amount
	 */
	reserve(_attemptId, amount) {
		return amount;
	}
}

/** @type {ExportedHandler<Env>} */
export default {
	async fetch(request, env) {
		const text = await request.text();
		const { stream } = /** @type {{ stream?: boolean }} */ (JSON.parse(text));
		await env.LEDGERS.getByName("one").reserve(crypto.randomUUID(), 1);
		const answer = await fetch(env.UPSTREAM + new URL(request.url).pathname, {
			method: "POST",
			headers: { "content-type": "application/json", authorization: request.headers.get("authorization") ?? "" },
			body: text,
			signal: request.signal,
		});
		if (stream) return new Response(answer.body, { headers: { "content-type": "text/event-stream" } });
		const whole = await answer.text();
		JSON.parse(whole);
		return new Response(whole, { headers: { "content-type": "application/json" } });
	},
};
