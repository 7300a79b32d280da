/**
 * Two vendors for the outage: each streams OpenAI's chat completions, and does what its parent says: answer, refuse
 * after a while, or accept and say nothing. Tells its parent the ports, and on demand how many requests each has had.
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tell } from "../processes/processes.ts";

/** What a vendor does with requests. */
export type Manner = "answers" | "refuses" | "hangs";
/** What the parent says: the first vendor's manner from now on, or to count the requests of each. */
export type Order = Manner | "count";

/** Milliseconds to the first content, between pieces of it, and until an overloaded vendor refuses. */
const FIRST = 40;
const PACE = 5;
const REFUSAL = 150;
const PIECES = 10;

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta: object, finish_reason: string | null = null): string =>
	event({
		id: "c",
		object: "chat.completion.chunk",
		created: 1,
		model: "m",
		choices: [{ index: 0, delta, finish_reason }],
	});
const usage = { prompt_tokens: 20, completion_tokens: PIECES, total_tokens: 20 + PIECES };

class Vendor {
	manner: Manner = "answers";
	arrivals = 0;

	async listen(): Promise<number> {
		const server = createServer((request, response) => {
			this.arrivals++;
			request.resume();
			if (this.manner === "refuses") setTimeout(() => refuse(response), REFUSAL);
			if (this.manner === "answers") setTimeout(() => answer(response), FIRST);
		});
		server.keepAliveTimeout = 60_000;
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		return (server.address() as AddressInfo).port;
	}
}

function refuse(response: ServerResponse): void {
	response.writeHead(503, { "content-type": "application/json" });
	response.end(JSON.stringify({ error: { message: "The engine is overloaded.", type: "server_error" } }));
}

function answer(response: ServerResponse): void {
	response.writeHead(200, { "content-type": "text/event-stream" });
	let said = 0;
	const timer = setInterval(() => {
		response.write(chunk({ content: "word " }));
		if (++said < PIECES) return;
		clearInterval(timer);
		response.end(`${chunk({}, "stop")}${event({ id: "c", model: "m", choices: [], usage })}data: [DONE]\n\n`);
	}, PACE);
	response.on("close", () => clearInterval(timer));
}

const [first, second] = [new Vendor(), new Vendor()];
const vendors = [first, second];
process.on("message", (order: Order) => {
	if (order === "count") tell({ arrivals: vendors.map(({ arrivals }) => arrivals) });
	else first.manner = order;
});
process.on("disconnect", () => process.exit());
tell({ ports: await Promise.all(vendors.map((vendor) => vendor.listen())) });
