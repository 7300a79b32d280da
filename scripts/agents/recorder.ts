// A proxy in front of a gateway that notes what a client sends and how it was answered.
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";

/** One request of a client. */
export interface Exchange {
	/** Milliseconds since the recorder was told to begin anew. */
	readonly at: number;
	readonly method: string;
	readonly path: string;
	readonly userAgent: string;
	readonly model: string | null;
	readonly streams: boolean;
	/** How many tools it offers. */
	readonly tools: number;
	/** Flags of `anthropic-beta`. */
	readonly betas: number;
	readonly bytes: number;
	readonly asksForWebSocket: boolean;
	readonly status: number;
	/** Fields that the gateway left out. */
	readonly dropped: string | null;
	/** The error's code, in whichever envelope. */
	readonly error: string | null;
}

export interface Recorder {
	readonly origin: string;
	/** Forgets what it noted, and counts time from now. */
	begin(): void;
	exchanges(): readonly Exchange[];
	stop(): void;
}

/** Listens on a free port of this machine, and passes everything on to the gateway at `port`. */
export async function record(port: number): Promise<Recorder> {
	let since = Date.now();
	let noted: Exchange[] = [];
	const note = (asked: IncomingMessage, body: Buffer, answered: IncomingMessage, answer: Buffer, at: number): void => {
		noted.push({
			at,
			method: asked.method ?? "",
			path: asked.url ?? "",
			userAgent: asked.headers["user-agent"] ?? "",
			...read(body),
			betas: String(asked.headers["anthropic-beta"] ?? "")
				.split(",")
				.filter(Boolean).length,
			bytes: body.length,
			asksForWebSocket: asked.headers.upgrade !== undefined,
			status: answered.statusCode ?? 0,
			dropped: answered.headers["x-tollgate-dropped"]?.toString() ?? null,
			error: (answered.statusCode ?? 0) >= 400 ? codeOf(answer) : null,
		});
	};
	const passOn = (asked: IncomingMessage, body: Buffer) => {
		// Compressed errors could not be read here.
		const headers = { ...asked.headers, "accept-encoding": "identity" };
		return request({ host: "127.0.0.1", port, method: asked.method, path: asked.url, headers }).end(body);
	};
	const server = createServer(async (asked, answer) => {
		const at = Date.now() - since;
		const body = Buffer.concat(await asked.toArray());
		const upstream = passOn(asked, body);
		upstream.on("error", () => answer.destroy());
		upstream.on("response", async (answered) => {
			answer.writeHead(answered.statusCode ?? 502, answered.headers);
			const pieces: Buffer[] = [];
			answered.on("data", (piece: Buffer) => {
				pieces.push(piece);
				answer.write(piece);
			});
			answered.on("end", () => {
				answer.end();
				note(asked, body, answered, Buffer.concat(pieces), at);
			});
			answered.on("error", () => answer.destroy());
		});
	});
	server.on("upgrade", (asked, socket) => {
		const at = Date.now() - since;
		const upstream = passOn(asked, Buffer.alloc(0));
		socket.on("error", () => upstream.destroy());
		upstream.on("error", () => socket.destroy());
		upstream.on("response", async (answered) => {
			const body = Buffer.concat(await answered.toArray());
			note(asked, Buffer.alloc(0), answered, body, at);
			const lines = [`HTTP/1.1 ${answered.statusCode} ${answered.statusMessage}`, `content-length: ${body.length}`];
			socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
		});
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		begin: () => {
			since = Date.now();
			noted = [];
		},
		exchanges: () => noted.toSorted((a, b) => a.at - b.at),
		stop: () => server.close().closeAllConnections(),
	};
}

function read(body: Buffer): Pick<Exchange, "model" | "streams" | "tools"> {
	const { model, stream, tools } = (parse(body) ?? {}) as { model?: string; stream?: boolean; tools?: unknown[] };
	return { model: model ?? null, streams: stream === true, tools: tools?.length ?? 0 };
}

function codeOf(body: Buffer): string | null {
	const { error } = (parse(body) ?? {}) as { error?: { code?: string; message?: string } };
	return error?.code ?? error?.message ?? null;
}

function parse(body: Buffer): unknown {
	try {
		return JSON.parse(body.toString());
	} catch {
		return null;
	}
}
