// An upstream on a bare TCP socket, which can obey HTTP or break it at any byte.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

/** One request as it came over the wire. */
export interface Arrival {
	readonly method: string;
	readonly path: string;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	/** The last user's words: which play they ask for. */
	readonly play: string;
	readonly stream: boolean;
	/** Resolves when the connection is gone. */
	readonly gone: Promise<void>;
}

/** What an upstream does with one request: it has the bare connection, to obey HTTP or to break it. */
export type Play = (wire: Wire, arrival: Arrival) => void | Promise<void>;

/** A connection with the pieces of HTTP that a play may want. */
export class Wire {
	readonly socket: Socket;

	constructor(socket: Socket) {
		this.socket = socket;
	}

	/** Writes text or bytes as they are. Resolves when there is room for more; false when the other side has left. */
	async raw(data: string | Uint8Array): Promise<boolean> {
		if (this.socket.destroyed) return false;
		if (!this.socket.write(data)) {
			const left = new AbortController();
			const until = { signal: left.signal };
			await Promise.race([once(this.socket, "drain", until), once(this.socket, "close", until)]).catch(() => {});
			left.abort();
		}
		return !this.socket.destroyed;
	}

	/** A status line and headers, with a chunked body to follow unless `headers` say otherwise. */
	head(status: number, headers: Record<string, string | number>): Promise<boolean> {
		const framing = "content-length" in headers ? {} : { "transfer-encoding": "chunked" };
		const lines = Object.entries({ ...framing, connection: "close", ...headers }).map(
			([name, value]) => `${name}: ${value}\r\n`,
		);
		return this.raw(`HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n`);
	}

	chunk(data: string | Uint8Array): Promise<boolean> {
		const bytes = typeof data === "string" ? Buffer.from(data) : data;
		return this.raw(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]));
	}

	/** Ends a chunked body as it should end. */
	async end(): Promise<void> {
		await this.raw("0\r\n\r\n");
		this.socket.end();
	}

	/** A whole answer. */
	async reply(status: number, headers: Record<string, string>, body: string | Uint8Array): Promise<void> {
		await this.head(status, { "content-length": Buffer.byteLength(body), ...headers });
		await this.raw(body);
		this.socket.end();
	}

	json(body: unknown, status = 200): Promise<void> {
		return this.reply(status, { "content-type": "application/json" }, JSON.stringify(body));
	}
}

/** A vendor on this machine that can break every rule of HTTP: what it plays is chosen by the prompt. */
export class Upstream {
	readonly url: string;
	readonly arrivals: Arrival[] = [];
	readonly #server: Server;
	readonly #sockets: Set<Socket>;

	private constructor(server: Server, port: number, sockets: Set<Socket>) {
		this.#server = server;
		this.#sockets = sockets;
		this.url = `http://127.0.0.1:${port}`;
	}

	/** `choose` gives the play for a request. */
	static async start(choose: (arrival: Arrival) => Play): Promise<Upstream> {
		const sockets = new Set<Socket>();
		const server = createServer();
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const address = server.address();
		if (address === null || typeof address === "string") throw new Error("no port");
		const upstream = new Upstream(server, address.port, sockets);
		server.on("connection", (socket) => {
			sockets.add(socket);
			// Broken connections are what this is for.
			socket.on("error", () => {});
			const gone = new Promise<void>((resolve) => {
				socket.once("close", () => {
					sockets.delete(socket);
					resolve();
				});
			});
			readRequest(socket, gone)
				.then((arrival) => {
					if (arrival === null) return;
					upstream.arrivals.push(arrival);
					return choose(arrival)(new Wire(socket), arrival);
				})
				.catch((error: unknown) => socket.destroy(error instanceof Error ? error : undefined));
		});
		return upstream;
	}

	/** The latest request for a play. */
	last(play?: string): Arrival {
		const arrival = this.arrivals.findLast((each) => play === undefined || each.play === play);
		if (arrival === undefined) throw new Error(`no request for ${play}`);
		return arrival;
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		this.#server.close();
		await once(this.#server, "close");
	}
}

/** Reads one request; null when the connection closes before it is whole. */
async function readRequest(socket: Socket, gone: Promise<void>): Promise<Arrival | null> {
	let received = Buffer.alloc(0);
	const request = new Promise<{ head: string; body: Buffer } | null>((resolve) => {
		socket.once("close", () => resolve(null));
		socket.on("data", (data) => {
			// The first byte of a TLS handshake: a server without TLS answers in plain text.
			if (data[0] === 0x16 && received.length === 0) return socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
			received = Buffer.concat([received, data]);
			const split = received.indexOf("\r\n\r\n");
			if (split === -1) return;
			const head = received.subarray(0, split).toString("latin1");
			const rest = received.subarray(split + 4);
			if (/^transfer-encoding: *chunked/im.test(head)) {
				const body = unchunked(rest);
				if (body !== null) resolve({ head, body });
			} else if (rest.length >= Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)) {
				resolve({ head, body: rest });
			}
		});
	});
	const whole = await request;
	if (whole === null) return null;
	const [line = "", ...headerLines] = whole.head.split("\r\n");
	const [method = "", path = ""] = line.split(" ");
	const headers = Object.fromEntries(
		headerLines.map((text) => {
			const colon = text.indexOf(":");
			return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()];
		}),
	);
	const body = whole.body.toString("utf8");
	return { method, path, headers, body, ...asked(body), gone };
}

/** The body of a chunked message; null while its end has not come. */
function unchunked(bytes: Buffer): Buffer | null {
	const parts: Buffer[] = [];
	for (let at = 0; ; ) {
		const line = bytes.indexOf("\r\n", at);
		if (line === -1) return null;
		const size = Number.parseInt(bytes.subarray(at, line).toString("latin1"), 16);
		if (size === 0) return Buffer.concat(parts);
		if (bytes.length < line + 2 + size + 2) return null;
		parts.push(bytes.subarray(line + 2, line + 2 + size));
		at = line + 2 + size + 2;
	}
}

/** What was said last, in a body of whichever protocol. */
function asked(body: string): { play: string; stream: boolean } {
	try {
		const { messages, input, stream } = JSON.parse(body) as Asked;
		const content = typeof input === "string" ? input : (messages ?? input)?.at(-1)?.content;
		const play = Array.isArray(content) ? content.map(({ text }) => text).join("") : content;
		return { play: typeof play === "string" ? play : "", stream: stream === true };
	} catch {
		return { play: "", stream: false };
	}
}

type Turn = { readonly content?: string | readonly { readonly text?: string }[] };

/** Chat Completions and Messages have messages, Responses has input. */
interface Asked {
	readonly messages?: readonly Turn[];
	readonly input?: string | readonly Turn[];
	readonly stream?: boolean;
}
