/**
 * The load generator, a process of its own so that it shares no event loop with the upstream. For each order from its
 * parent it keeps `connections` requests in flight for `milliseconds` and answers with what it saw.
 */
import { Agent, request } from "node:http";
import type { Measurement } from "../figures/statistics.ts";
import type { Protocol } from "../rows/modes.ts";
import { tell } from "./processes.ts";

/** One request: what is posted where, and in which protocol the answer comes. */
export interface Call {
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	readonly streamed: boolean;
	readonly protocol: Protocol;
}

/** What the parent orders: what to ask, how many at once, and for how long. */
export interface Order {
	readonly call: Call;
	readonly connections: number;
	readonly milliseconds: number;
}

type Exchange = { error: string } | { total: number; first: number; bytes: number; pieces: number };

/** What ends a stream that is whole. */
const ENDS: Readonly<Record<Protocol, Buffer>> = {
	chat: Buffer.from("data: [DONE]"),
	messages: Buffer.from('data: {"type":"message_stop"}'),
	responses: Buffer.from('"total_tokens":'),
};
/** Content of a stream: `"content":"`, `"text":"` or `"delta":"` followed by anything but the closing quote. */
const CONTENT = /"(?:content|text|delta)":\s?"[^"]/;

/**
 * Sends one request. Resolves to what it took, in milliseconds, and how often content arrived, or to an error's
 * description. What is read in one turn of the event loop has arrived at once, however many events it is.
 */
function exchange(agent: Agent, { url, headers, body, streamed, protocol }: Call): Promise<Exchange> {
	return new Promise((resolve) => {
		const start = performance.now();
		let first: number | null = null;
		let bytes = 0;
		let pieces = 0;
		let isCounted = false;
		let tail = Buffer.alloc(0);
		const call = request(
			url,
			{
				agent,
				method: "POST",
				headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) },
			},
			(response) => {
				response.on("data", (chunk) => {
					bytes += chunk.length;
					if (!streamed) return;
					if (!isCounted && CONTENT.test(chunk.toString("latin1"))) {
						first ??= performance.now() - start;
						pieces++;
						isCounted = true;
						setImmediate(() => {
							isCounted = false;
						});
					}
					tail = chunk.length >= 64 ? chunk.subarray(-64) : Buffer.concat([tail, chunk]).subarray(-64);
				});
				response.on("end", () => {
					const total = performance.now() - start;
					if (response.statusCode !== 200) resolve({ error: `status ${response.statusCode}` });
					else if (streamed && first === null) resolve({ error: "no content" });
					else if (streamed && !tail.includes(ENDS[protocol])) resolve({ error: "no end" });
					else resolve({ total, first: first ?? total, bytes, pieces });
				});
				response.on("error", (error) => resolve({ error: error.message }));
			},
		);
		call.on("error", (error) => resolve({ error: error.message }));
		call.end(body);
	});
}

/** Runs one measurement. Exchanges in flight at the deadline are finished and counted, and so is their time. */
async function measure({ call, connections, milliseconds }: Order): Promise<Measurement> {
	const agent = new Agent({ keepAlive: true, maxSockets: connections });
	const totals: number[] = [];
	const firsts: number[] = [];
	const errors: Record<string, number> = {};
	let bytes = 0;
	let pieces = 0;
	const start = performance.now();
	const deadline = start + milliseconds;
	let last = start;
	const worker = async () => {
		while (performance.now() < deadline) {
			const result = await exchange(agent, call);
			if ("error" in result) {
				errors[result.error] = (errors[result.error] ?? 0) + 1;
				continue;
			}
			totals.push(result.total);
			firsts.push(result.first);
			bytes += result.bytes;
			pieces += result.pieces;
			last = performance.now();
		}
	};
	await Promise.all(Array.from({ length: connections }, worker));
	agent.destroy();
	return {
		milliseconds: last - start,
		bytes,
		pieces,
		totals: Float64Array.from(totals),
		firsts: Float64Array.from(firsts),
		errors,
	};
}

process.on("message", async (order: Order) => tell(await measure(order)));
process.on("disconnect", () => process.exit());
tell({ ready: true });
