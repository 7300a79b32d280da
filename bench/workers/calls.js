/**
 * All that a gateway with books asks the platform for, and next to nothing of its own: a request's body and headers are
 * read, one object is asked, a watchdog and a heartbeat are set and cleared, the caller's leaving is listened to, a line
 * is logged, the answer goes out with as many headers as Tollgate's, and all that ended within 20 ms is told to the
 * object, which stores it in one row; each 32nd outcome takes all of them to another object. It ships nothing to a
 * database. What Tollgate takes beyond it is its own.
 */
import { DurableObject } from "cloudflare:workers";

/** @typedef {{ UPSTREAM: string, LEDGERS: DurableObjectNamespace<Ledger> }} Env */

const GATHER_MS = 20;
const OUTCOMES = 32;
const HEADERS = Object.fromEntries(
	Array.from({ length: 11 }, (_, at) => [`x-gateway-${at}`, "a value of some length"]),
);

export class Ledger extends DurableObject {
	/**
	 * @param {DurableObjectState} ctx
	 * @param {Env} env
	 */
	constructor(ctx, env) {
		super(ctx, env);
		ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY, items TEXT NOT NULL)");
	}

	/** @param {{ attemptId: string, amount: number, scope: object }} request */
	reserve({ attemptId, amount }) {
		return { outcome: "granted", token: { attemptId, amount, lines: [] }, figures: {}, tightest: null, warnings: [] };
	}

	/** @param {{ id: string, items: object[] }} batch */
	settle({ id, items }) {
		this.ctx.storage.sql.exec("INSERT OR IGNORE INTO batches VALUES (?, ?)", id, JSON.stringify(items));
		return "applied";
	}

	/** @param {object[]} outcomes */
	report(outcomes) {
		return outcomes.length;
	}
}

/** @type {object[]} */
let ended = [];
/** @type {object[]} */
let outcomes = [];

/** @type {ExportedHandler<Env>} */
export default {
	fetch(request, env, execution) {
		const answer = served(request, env, execution);
		execution.waitUntil(answer);
		return answer;
	},
};

/**
 * @param {Request} request
 * @param {Env} env
 * @param {ExecutionContext} execution
 */
async function served(request, env, execution) {
	const startedAt = Date.now();
	const headers = new Map(request.headers);
	const text = new TextDecoder().decode(await request.arrayBuffer());
	const { stream, model } = /** @type {{ stream?: boolean, model: string }} */ (JSON.parse(text));
	const attemptId = crypto.randomUUID();
	const ledger = env.LEDGERS.getByName("one");
	await within(6000, ledger.reserve({ attemptId, amount: 1, scope: { provider: "openai", model } }));
	const own = new AbortController();
	const watchdog = setTimeout(() => own.abort(), 60_000);
	const heartbeat = setInterval(() => {}, 15_000);
	const response = await fetch(env.UPSTREAM + new URL(request.url).pathname, {
		method: "POST",
		headers: { "content-type": "application/json", authorization: headers.get("authorization") ?? "" },
		body: text,
		signal: AbortSignal.any([request.signal, own.signal]),
	});
	const end = () => {
		clearTimeout(watchdog);
		clearInterval(heartbeat);
		const line = { attemptId, model, startedAt, endedAt: Date.now(), status: response.status };
		console.log(JSON.stringify(line));
		settle(env, { ...line, actual: 1 }, execution);
	};
	if (stream && response.body !== null) {
		return new Response(passed(response.body, end), { headers: { ...HEADERS, "content-type": "text/event-stream" } });
	}
	const whole = await response.text();
	JSON.parse(whole);
	end();
	return new Response(whole, { headers: { ...HEADERS, "content-type": "application/json" } });
}

/**
 * @template T
 * @param {number} ms
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
async function within(ms, promise) {
	const timer = setTimeout(() => {}, ms);
	try {
		return await promise;
	} finally {
		clearTimeout(timer);
	}
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} end
 */
function passed(body, end) {
	const reader = body.getReader();
	/** @type {UnderlyingSource<Uint8Array>} */
	const source = {
		async pull(controller) {
			const { done, value } = await reader.read();
			if (done) {
				end();
				controller.close();
			} else controller.enqueue(value);
		},
	};
	return new ReadableStream(source, { highWaterMark: 0 });
}

/**
 * @param {Env} env
 * @param {object} item
 * @param {ExecutionContext} execution
 */
function settle(env, item, execution) {
	outcomes.push(item);
	if (outcomes.length >= OUTCOMES) {
		execution.waitUntil(env.LEDGERS.getByName("health").report(outcomes));
		outcomes = [];
	}
	ended.push(item);
	if (ended.length > 1) return;
	execution.waitUntil(
		scheduler.wait(GATHER_MS).then(() => {
			const items = ended;
			ended = [];
			return env.LEDGERS.getByName("one").settle({ id: crypto.randomUUID(), items });
		}),
	);
}
