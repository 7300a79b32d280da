/**
 * The load generator, a process of its own so that it shares no event loop with the upstream. For each order from its
 * parent it keeps `connections` requests in flight for `milliseconds` and answers with what it saw.
 */
import { Agent, request } from "node:http";
import { MODES, requestBody } from "./exchange.mjs";

const DONE = Buffer.from("data: [DONE]");
/** The first content of a stream: `"content":"` followed by anything but the closing quote. */
const CONTENT = /"content":\s?"[^"]/;

/** Sends one request. Resolves to what it took, in milliseconds, or to an error's description. */
function exchange(agent, { url, headers }, body, streamed) {
	return new Promise((resolve) => {
		const start = performance.now();
		let first = null;
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
async function measure({ target, mode, connections, milliseconds }) {
	const agent = new Agent({ keepAlive: true, maxSockets: connections });
	const body = requestBody(mode);
	const totals = [];
	const firsts = [];
	const errors = {};
	let bytes = 0;
	const start = performance.now();
	const deadline = start + milliseconds;
	let last = start;
	const worker = async () => {
		while (performance.now() < deadline) {
			const result = await exchange(agent, target, body, MODES[mode].stream);
			if (result.error !== undefined) {
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

process.on("message", async (order) => process.send(await measure(order)));
process.on("disconnect", () => process.exit());
process.send({ ready: true });
