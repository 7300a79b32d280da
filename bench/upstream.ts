/**
 * The loopback upstream: answers OpenAI's chat completions from buffers made beforehand, as fast as Node can.
 * Tells its parent the port.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MODE_NAMES, MODES, type Mode, marker, streamedAnswer, wholeAnswer } from "./exchange.ts";
import { tell } from "./processes.ts";

/** A streamed answer as it is written. */
interface Streamed {
	readonly pace: number;
	readonly opening: Buffer;
	readonly content: readonly Buffer[];
	readonly closing: Buffer;
	/** Without a pace everything after the opening leaves in one write. */
	readonly rest: Buffer;
}

const answers = new Map(MODE_NAMES.map((mode) => [mode, prepared(mode)]));

function prepared(mode: Mode): { readonly whole: Buffer } | Streamed {
	const { stream, tokens, pace } = MODES[mode];
	if (!stream) return { whole: Buffer.from(wholeAnswer(tokens)) };
	const { opening, content, closing } = streamedAnswer(tokens);
	return {
		pace,
		opening: Buffer.from(opening),
		content: content.map((event) => Buffer.from(event)),
		closing: Buffer.from(closing),
		rest: Buffer.from(content.join("") + closing),
	};
}

const server = createServer((request, response) => {
	const body: Buffer[] = [];
	request.on("data", (bytes: Buffer) => body.push(bytes));
	request.on("end", () => {
		const text = Buffer.concat(body);
		const mode = MODE_NAMES.find((name) => text.includes(marker(name)));
		const answer = mode && answers.get(mode);
		if (answer === undefined || request.url !== "/v1/chat/completions") response.writeHead(404).end();
		else if ("whole" in answer) {
			response.writeHead(200, { "content-type": "application/json", "content-length": answer.whole.length });
			response.end(answer.whole);
		} else stream(response, answer);
	});
});

function stream(response: ServerResponse, { pace, opening, content, closing, rest }: Streamed): void {
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
server.listen(0, "127.0.0.1", () => tell({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit());
