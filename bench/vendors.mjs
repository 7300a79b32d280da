/**
 * Two vendors for the outage: each streams OpenAI's chat completions, and does what its parent says: answer, refuse after a
 * while, or accept and say nothing. Tells its parent the ports, and on demand how many requests each has had.
 */
import { once } from "node:events";
import { createServer } from "node:http";

/** Milliseconds to the first content, between pieces of it, and until an overloaded vendor refuses. */
const FIRST = 40;
const PACE = 5;
const REFUSAL = 150;
const PIECES = 10;

const event = (value) => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta, finish_reason = null) =>
	event({
		id: "c",
		object: "chat.completion.chunk",
		created: 1,
		model: "m",
		choices: [{ index: 0, delta, finish_reason }],
	});
const usage = { prompt_tokens: 20, completion_tokens: PIECES, total_tokens: 20 + PIECES };

/** One vendor: `manner` is "answers", "refuses" or "hangs". */
class Vendor {
	manner = "answers";
	arrivals = 0;

	async listen() {
		const server = createServer((request, response) => {
			this.arrivals++;
			request.resume();
			if (this.manner === "refuses") setTimeout(() => refuse(response), REFUSAL);
			if (this.manner === "answers") setTimeout(() => answer(response), FIRST);
		});
		server.keepAliveTimeout = 60_000;
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		return server.address().port;
	}
}

function refuse(response) {
	response.writeHead(503, { "content-type": "application/json" });
	response.end(JSON.stringify({ error: { message: "The engine is overloaded.", type: "server_error" } }));
}

function answer(response) {
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

const vendors = [new Vendor(), new Vendor()];
process.on("message", (manner) => {
	if (manner === "count") process.send({ arrivals: vendors.map(({ arrivals }) => arrivals) });
	else vendors[0].manner = manner;
});
process.on("disconnect", () => process.exit());
process.send({ ports: await Promise.all(vendors.map((vendor) => vendor.listen())) });
