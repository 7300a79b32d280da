/**
 * The loopback upstream: answers OpenAI's chat completions from buffers made beforehand, as fast as Node can.
 * Tells its parent the port.
 */
import { createServer } from "node:http";
import { MODES, marker, streamedAnswer, wholeAnswer } from "./exchange.mjs";

const answers = Object.fromEntries(
	Object.entries(MODES).map(([mode, { stream, tokens, pace }]) => {
		if (!stream) return [mode, { whole: Buffer.from(wholeAnswer(tokens)) }];
		const { opening, content, closing } = streamedAnswer(tokens);
		return [
			mode,
			{
				pace,
				opening: Buffer.from(opening),
				content: content.map((event) => Buffer.from(event)),
				closing: Buffer.from(closing),
				// Without a pace everything after the opening leaves in one write.
				rest: Buffer.from(content.join("") + closing),
			},
		];
	}),
);

const server = createServer((request, response) => {
	const body = [];
	request.on("data", (bytes) => body.push(bytes));
	request.on("end", () => {
		const text = Buffer.concat(body);
		const mode = Object.keys(MODES).find((name) => text.includes(marker(name)));
		const answer = answers[mode];
		if (answer === undefined || request.url !== "/v1/chat/completions") response.writeHead(404).end();
		else if (answer.whole !== undefined) {
			response.writeHead(200, { "content-type": "application/json", "content-length": answer.whole.length });
			response.end(answer.whole);
		} else stream(response, answer);
	});
});

function stream(response, { pace, opening, content, closing, rest }) {
	response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
	response.write(opening);
	if (pace === 0) {
		response.end(rest);
		return;
	}
	let next = 0;
	const timer = setInterval(() => {
		response.write(content[next++]);
		if (next < content.length) return;
		clearInterval(timer);
		response.end(closing);
	}, pace);
	response.on("close", () => clearInterval(timer));
}

server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("disconnect", () => process.exit());
