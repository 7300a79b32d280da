/**
 * The load generator, a process of its own so that it shares no event loop with the upstream. For each order from its
 * parent it keeps `connections` requests in flight for `milliseconds` and answers with what it saw.
 */
import { Agent, request } from "node:http";
import { MODES, type Mode, requestBody } from "./exchange.ts";
import { tell } from "./processes.ts";
import type { Measurement } from "./statistics.ts";

/** What the parent orders: where to post what, how many at once, and for how long. */
export interface Order {
	readonly target: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
	readonly mode: Mode;
	readonly connections: number;
	readonly milliseconds: number;
}

type Exchange = { error: string } | { total: number; first: number; bytes: number };

const DONE = Buffer.from("data: [DONE]");
/** The first content of a stream: `"content":"` followed by anything but the closing quote. */
const CONTENT = /"content":\s?"[^"]/;

/** Sends one request. Resolves to what it took, in milliseconds, or to an error's description. */
function exchange(agent: Agent, { url, headers }: Order["target"], body: string, streamed: boolean): Promise<Exchange> {
	return new Promise((resolve) => {
		const start = performance.now();
		let first: number | null = null;
		let bytes = 0;
		let unread = "";
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
					if (first === null) {
						unread += chunk.toString("latin1");
						if (CONTENT.test(unread)) first = performance.now() - start;
					}
					tail = chunk.length >= 64 ? chunk.subarray(-64) : Buffer.concat([tail, chunk]).subarray(-64);
				});
				response.on("end", () => {
					const total = performance.now() - start;
					if (response.statusCode !== 200) resolve({ error: `status ${response.statusCode}` });
					else if (streamed && first === null) resolve({ error: "no content" });
					else if (streamed && !tail.includes(DONE)) resolve({ error: "no [DONE]" });
					else resolve({ total, first: first ?? total, bytes });
				});
				response.on("error", (error) => resolve({ error: error.message }));
			},
		);
		call.on("error", (error) => resolve({ error: error.message }));
		call.end(body);
	});
}

/** Runs one measurement. Exchanges in flight at the deadline are finished and counted, and so is their time. */
async function measure({ target, mode, connections, milliseconds }: Order): Promise<Measurement> {
	const agent = new Agent({ keepAlive: true, maxSockets: connections });
	const body = requestBody(mode);
	const totals: number[] = [];
	const firsts: number[] = [];
	const errors: Record<string, number> = {};
	let bytes = 0;
	const start = performance.now();
	const deadline = start + milliseconds;
	let last = start;
	const worker = async () => {
		while (performance.now() < deadline) {
			const result = await exchange(agent, target, body, MODES[mode].stream);
			if ("error" in result) {
				errors[result.error] = (errors[result.error] ?? 0) + 1;
				continue;
			}
			totals.push(result.total);
			firsts.push(result.first);
			bytes += result.bytes;
			last = performance.now();
		}
	};
	await Promise.all(Array.from({ length: connections }, worker));
	agent.destroy();
	return {
		milliseconds: last - start,
		bytes,
		totals: Float64Array.from(totals),
		firsts: Float64Array.from(firsts),
		errors,
	};
}

process.on("message", async (order: Order) => tell(await measure(order)));
process.on("disconnect", () => process.exit());
tell({ ready: true });
