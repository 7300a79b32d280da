/**
 * The loopback upstream: answers OpenAI's chat completions, and streams of Anthropic's Messages and OpenAI's Responses,
 * from buffers made beforehand, as fast as Node can. Tells its parent the port.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Asked, asked, type Events, streamedAnswer, wholeAnswer } from "../rows/exchange.ts";
import { messagesAnswer } from "../rows/messages.ts";
import { MODE_NAMES, MODES, type Mode, type Protocol } from "../rows/modes.ts";
import { responsesAnswer } from "../rows/responses.ts";
import { tell } from "./processes.ts";

const PATHS: Readonly<Record<string, Protocol>> = {
	"/v1/chat/completions": "chat",
	"/v1/messages": "messages",
	"/v1/responses": "responses",
};
const STREAMED: Readonly<Record<Protocol, (tokens: number, usageWanted: boolean) => Events>> = {
	chat: streamedAnswer,
	messages: messagesAnswer,
	responses: responsesAnswer,
};

/** A streamed answer as it is written. */
interface Streamed {
	readonly pace: number;
	readonly opening: Buffer;
	readonly content: readonly Buffer[];
	readonly closing: Buffer;
	/** Without a pace everything after the opening leaves in one write. */
	readonly rest: Buffer;
}

type Answer = { readonly whole: Buffer } | Streamed;

const answers: Readonly<Record<"bare" | "withUsage", ReadonlyMap<Mode, Answer>>> = {
	bare: new Map(MODE_NAMES.map((mode) => [mode, prepared(mode, false)])),
	withUsage: new Map(MODE_NAMES.map((mode) => [mode, prepared(mode, true)])),
};

function prepared(mode: Mode, usageWanted: boolean): Answer {
	const { stream, tokens, pace, upstream } = MODES[mode];
	if (!stream) return { whole: Buffer.from(wholeAnswer(tokens)) };
	const events = STREAMED[upstream](tokens, usageWanted);
	return {
		pace,
		opening: Buffer.from(events.opening),
		content: events.content.map((event) => Buffer.from(event)),
		closing: Buffer.from(events.closing),
		rest: Buffer.from(events.content.join("") + events.closing),
	};
}

const server = createServer((request, response) => {
	const body: Buffer[] = [];
	request.on("data", (bytes: Buffer) => body.push(bytes));
	request.on("end", () => {
		const answer = answerTo(request.url, asked(Buffer.concat(body)));
		if (answer === undefined) response.writeHead(404).end();
		else if ("whole" in answer) {
			response.writeHead(200, { "content-type": "application/json", "content-length": answer.whole.length });
			response.end(answer.whole);
		} else stream(response, answer);
	});
});

function answerTo(path = "", question: Asked | null): Answer | undefined {
	if (question === null || PATHS[path] !== MODES[question.mode].upstream) return;
	return answers[question.usageWanted ? "withUsage" : "bare"].get(question.mode);
}

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
