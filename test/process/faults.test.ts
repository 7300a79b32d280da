import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { FACES, type FaceName } from "#test/support/faces";
import { byTurns } from "#test/support/scale";
import { Gateway } from "./gateway";
import { type Arrival, type Play, Upstream, Wire } from "./upstream";

const MIB = 1024 * 1024;

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const WHOLE = {
	id: "c",
	object: "chat.completion",
	created: 1,
	model: "gpt-4.1",
	choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, logprobs: null, finish_reason: "stop" }],
	usage: USAGE,
};
const chunk = (choices: unknown[], more: object = {}) =>
	`data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "gpt-4.1", choices, ...more })}\n\n`;
const delta = (content: object, finish_reason: string | null = null) =>
	chunk([{ index: 0, delta: content, logprobs: null, finish_reason }]);
const BEGIN = delta({ role: "assistant", content: "" }) + delta({ content: "Hel" });
const REST = `${delta({ content: "lo" }) + delta({}, "stop") + chunk([], { usage: USAGE })}data: [DONE]\n\n`;
const EVENTS = { "content-type": "text/event-stream" };
const JSON_TYPE = { "content-type": "application/json" };
const type = ({ stream }: Arrival) => (stream ? EVENTS : JSON_TYPE);
const body = ({ stream }: Arrival) => (stream ? BEGIN + REST : JSON.stringify(WHOLE));

/** Sends the beginning of a good answer: of a stream, its first content. */
async function begin(wire: Wire, arrival: Arrival): Promise<void> {
	await wire.head(200, type(arrival));
	await wire.chunk(arrival.stream ? BEGIN : JSON.stringify(WHOLE).slice(0, 40));
}

/** Sends `unit` again and again, until the other side leaves. */
async function forever(wire: Wire, unit: string | Uint8Array, limit = Number.POSITIVE_INFINITY): Promise<void> {
	for (let sent = 0; sent < limit; sent += unit.length) if (!(await wire.chunk(unit))) return;
}

/** What strikes before anything of the answer: no content has reached the caller, so the status tells. */
const BEFORE: Record<string, Play> = {
	"a reset": ({ socket }) => {
		socket.resetAndDestroy();
	},
	"a close": ({ socket }) => {
		socket.end();
	},
	"another protocol": async (wire) => {
		await wire.raw("SSH-2.0-OpenSSH_9.9\r\n");
		wire.socket.end();
	},
	"a broken status line": async (wire) => {
		await wire.raw("HTTP/1.1 banana\r\n\r\n");
		wire.socket.end();
	},
	"headers that stop": async (wire) => {
		await wire.raw("HTTP/1.1 200 OK\r\ncontent-ty");
		wire.socket.end();
	},
	"an endless header": async (wire) => {
		await wire.raw("HTTP/1.1 200 OK\r\nx-endless: ");
		const unit = "x".repeat(65_536);
		for (let sent = 0; sent < 64 * MIB && (await wire.raw(unit)); sent += unit.length);
		wire.socket.end();
	},
	"headers and a reset": async (wire, arrival) => {
		await wire.head(200, type(arrival));
		wire.socket.resetAndDestroy();
	},
	"headers and a close": async (wire, arrival) => {
		await wire.head(200, type(arrival));
		wire.socket.end();
	},
	"broken chunking": async (wire, arrival) => {
		await wire.head(200, type(arrival));
		await wire.raw("banana\r\nsplit\r\n");
		wire.socket.end();
	},
	"an empty answer": (wire, arrival) => wire.reply(200, type(arrival), ""),
	"no content": (wire) =>
		wire.raw("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").then(() => void wire.socket.end()),
	"a redirect": (wire) => wire.reply(302, { location: `${trap.url}/v1/chat/completions` }, ""),
	"a permanent redirect": (wire) => wire.reply(308, { location: `${trap.url}/v1/chat/completions` }, ""),
	"a web page": (wire) => wire.reply(200, { "content-type": "text/html" }, "<html><body>Welcome</body></html>"),
	"a web page as an error": (wire) => wire.reply(502, { "content-type": "text/html" }, "<html>Bad Gateway</html>"),
	"bytes that mean nothing": (wire, arrival) =>
		wire.reply(
			200,
			type(arrival),
			new Uint8Array(5000).map((_, i) => i * 7),
		),
	"the wrong JSON": (wire) => wire.json({ hello: "world" }),
	"JSON that is no object": (wire) => wire.json([1, 2, 3]),
	"an answer without choices": (wire) => wire.json({ ...WHOLE, choices: [] }),
	"an error inside a success": (wire) => wire.json({ error: { message: "overloaded inside", type: "server_error" } }),
	"an error event": (wire) =>
		wire.reply(200, EVENTS, 'data: {"error":{"message":"failed inside","type":"server_error"}}\n\n'),
	"only a terminator": (wire) => wire.reply(200, EVENTS, "data: [DONE]\n\n"),
	"only comments": (wire) => wire.reply(200, EVENTS, ": ping\n\n".repeat(100)),
	"an endless line": async (wire, arrival) => {
		await wire.head(200, type(arrival));
		if (arrival.stream) await wire.chunk("data: ");
		await forever(wire, "x".repeat(65_536), 256 * MIB);
		await wire.end();
	},
	"an endless JSON text": async (wire) => {
		await wire.head(200, JSON_TYPE);
		await wire.chunk('{"choices":[{"message":{"content":"');
		await forever(wire, "x".repeat(65_536), 256 * MIB);
		await wire.end();
	},
	"a compressed bomb": async (wire, arrival) => {
		const head = arrival.stream ? "data: " : '{"a":"';
		const bomb = gzipSync(Buffer.concat([Buffer.from(head), Buffer.alloc(64 * MIB, "x")]));
		await wire.reply(200, { ...type(arrival), "content-encoding": "gzip" }, bomb);
	},
	"a compression that is none": (wire, arrival) =>
		wire.reply(200, { ...type(arrival), "content-encoding": "gzip" }, body(arrival)),
	"JSON nested without end": (wire, arrival) => {
		const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
		const text = JSON.stringify(arrival.stream ? { choices: "DEEP" } : { ...WHOLE, choices: "DEEP" });
		return wire.reply(200, type(arrival), `${arrival.stream ? "data: " : ""}${text.replace('"DEEP"', deep)}\n\n`);
	},
};

/** Those that neither answer nor fail, until somebody loses patience. */
const STALLS: Record<string, Play> = {
	"no answer at all": () => {},
	"headers that drip": async (wire) => {
		await wire.raw("HTTP/1.1 200 OK\r\nx-drip: ");
		while (await wire.raw("x")) await setTimeout(50);
	},
	"headers and silence": async (wire, arrival) => {
		await wire.head(200, type(arrival));
	},
	"an answer that drips without content": async (wire, arrival) => {
		await wire.head(200, type(arrival));
		while (await wire.chunk(arrival.stream ? ":" : " ")) await setTimeout(50);
	},
};

/** What strikes in the middle: a caller of a stream has its first words, and must not think that they are all. */
const AFTER: Record<string, Play> = {
	"a reset": ({ socket }) => {
		socket.resetAndDestroy();
	},
	"a close": ({ socket }) => {
		socket.end();
	},
	"a clean end": (wire) => wire.end(),
	"broken chunking": async (wire) => {
		await wire.raw("banana\r\nsplit\r\n");
		wire.socket.end();
	},
	"bytes that mean nothing": async (wire, { stream }) => {
		await wire.chunk(stream ? "data: {\xff\n\n" : new Uint8Array(500).map((_, i) => i * 7));
		await wire.end();
	},
	"an event of the wrong shape": async (wire) => {
		await wire.chunk('data: {"choices":"none"}\n\n');
		await wire.end();
	},
	"an error event": async (wire) => {
		await wire.chunk('data: {"error":{"message":"failed inside","type":"server_error"}}\n\n');
		await wire.end();
	},
	"a terminator before the finish": async (wire) => {
		await wire.chunk("data: [DONE]\n\n");
		await wire.end();
	},
	"half an event": async (wire) => {
		await wire.chunk('data: {"choices":[{"index":0,"delta":{"cont');
		await wire.end();
	},
	"half a character": async (wire) => {
		await wire.chunk(Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"世').subarray(0, -1));
		await wire.end();
	},
	"an endless line": async (wire, { stream }) => {
		if (stream) await wire.chunk("data: ");
		await forever(wire, "x".repeat(65_536), 256 * MIB);
		await wire.end();
	},
};

/** Answers that are odd and still good. */
const GOOD: Record<string, Play> = {
	"in one piece": (wire, arrival) => wire.reply(200, type(arrival), body(arrival)),
	"byte by byte": async (wire, arrival) => {
		await wire.head(200, type(arrival));
		for (const byte of Buffer.from(body(arrival))) await wire.chunk(new Uint8Array([byte]));
		await wire.end();
	},
	"with headers byte by byte": async (wire, arrival) => {
		const text = body(arrival);
		const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type(arrival)["content-type"]}\r\ncontent-length: ${text.length}\r\n\r\n`;
		wire.socket.setNoDelay(true);
		for (const character of head) {
			await wire.raw(character);
			await new Promise(setImmediate);
		}
		await wire.raw(text);
		wire.socket.end();
	},
	"without a length, ended by the close": async (wire, arrival) => {
		await wire.raw(`HTTP/1.1 200 OK\r\ncontent-type: ${type(arrival)["content-type"]}\r\nconnection: close\r\n\r\n`);
		await wire.raw(body(arrival));
		wire.socket.end();
	},
	compressed: (wire, arrival) =>
		wire.reply(200, { ...type(arrival), "content-encoding": "gzip" }, gzipSync(body(arrival))),
	"with a type in capitals and a charset": (wire, arrival) =>
		wire.reply(200, { "content-type": `${type(arrival)["content-type"].toUpperCase()}; charset=UTF-8` }, body(arrival)),
	"as a stream with CRLF, a mark and comments": (wire) =>
		wire.reply(200, EVENTS, `\uFEFF: hello\r\n\r\n${(BEGIN + REST).replaceAll("\n", "\r\n")}`),
	"as a whole although a stream was asked": (wire) => wire.json(WHOLE),
	"as a stream that stays open behind its end": async (wire) => {
		await wire.head(200, EVENTS);
		await wire.chunk(BEGIN + REST);
	},
	"as a stream with keep-alives": async (wire) => {
		await wire.head(200, EVENTS);
		await wire.chunk(": ping\n\n".repeat(50) + BEGIN);
		await wire.chunk(": ping\n\n".repeat(50) + REST);
		await wire.end();
	},
	"without usage": (wire, arrival) =>
		arrival.stream
			? wire.reply(200, EVENTS, `${BEGIN}${delta({ content: "lo" })}${delta({}, "stop")}data: [DONE]\n\n`)
			: wire.json({ ...WHOLE, usage: undefined }),
};

/** Figures, names and fields that no vendor should send; the answer itself is good. */
const HOSTILE: Record<string, { usage?: unknown; message?: object; choice?: object; fields?: object }> = {
	"usage beyond all bounds": { usage: { prompt_tokens: 9e15, completion_tokens: 9e15, total_tokens: 1.8e16 } },
	"negative usage": { usage: { prompt_tokens: -5, completion_tokens: -7, total_tokens: -12 } },
	"usage in words": { usage: { prompt_tokens: "many", completion_tokens: "2", total_tokens: null } },
	"usage in fractions": { usage: { prompt_tokens: 1.5, completion_tokens: 2.5, total_tokens: 4 } },
	"usage that is a list": { usage: [1, 2] },
	"more cached than sent": { usage: { ...USAGE, prompt_tokens_details: { cached_tokens: 900 } } },
	"more reasoning than output": { usage: { ...USAGE, completion_tokens_details: { reasoning_tokens: 900 } } },
	"an unknown finish reason": { choice: { finish_reason: "eos_token" } },
	"an unknown tier": { fields: { service_tier: "constructor" } },
	"a tier that is a number": { fields: { service_tier: 7 } },
	"a model that is a list": { fields: { model: ["gpt"] } },
	"a fingerprint that is an object": { fields: { system_fingerprint: {} } },
	"annotations that are numbers": { message: { annotations: [1, { type: "x" }] } },
	"tool calls in words": { message: { tool_calls: "none" } },
	"reasoning that is a number": { message: { reasoning_content: 7, reasoning: 8, reasoning_details: "x" } },
	"a voice and pictures in words": { message: { audio: "la", images: "cat" } },
	"another role": { message: { role: "robot" } },
	"log probabilities in words": { choice: { logprobs: "likely" } },
	"log probabilities of nothing": { choice: { logprobs: { content: "likely", refusal: [1] } } },
	"unknown fields": { choice: { vendor: { secret: 1 } }, fields: { vendor: "x", provider: "y", x_groq: { id: 1 } } },
};

function hostilePlay({ usage = USAGE, message = {}, choice = {}, fields = {} }: (typeof HOSTILE)[string]): Play {
	return (wire, { stream }) => {
		if (!stream) {
			const [first] = WHOLE.choices;
			const choices = [{ ...first, message: { ...first?.message, ...message }, ...choice }];
			return wire.json({ ...WHOLE, ...fields, usage, choices });
		}
		const last = chunk([{ index: 0, delta: message, logprobs: null, finish_reason: "stop", ...choice }], fields);
		const events = BEGIN + delta({ content: "lo" }) + last + chunk([], { ...fields, usage });
		return wire.reply(200, EVENTS, `${events}data: [DONE]\n\n`);
	};
}

const PLAYS: Record<string, Play> = {
	...Object.fromEntries(Object.entries(BEFORE).map(([name, play]) => [`before: ${name}`, play])),
	...Object.fromEntries(Object.entries(STALLS).map(([name, play]) => [`stall: ${name}`, play])),
	...Object.fromEntries(
		Object.entries(AFTER).map(([name, play]) => [
			`after: ${name}`,
			async (wire: Wire, arrival: Arrival) => {
				await begin(wire, arrival);
				await play(wire, arrival);
			},
		]),
	),
	...Object.fromEntries(Object.entries(GOOD).map(([name, play]) => [`good: ${name}`, play])),
	...Object.fromEntries(Object.entries(HOSTILE).map(([name, entry]) => [`hostile: ${name}`, hostilePlay(entry)])),
	"a drip": async (wire, arrival) => {
		await begin(wire, arrival);
		while (await wire.chunk(delta({ content: "x" }))) await setTimeout(20);
	},
	"thought before the first content": async (wire, arrival) => {
		await wire.head(200, type(arrival));
		await setTimeout(6000);
		await wire.chunk(BEGIN + REST);
		await wire.end();
	},
	"a late failure": async (wire, arrival) => {
		await wire.head(200, type(arrival));
		await setTimeout(6000);
		await wire.end();
	},
};

/** A good answer of Anthropic's, part of whose prompt came from its cache. */
const REMEMBERED = {
	id: "msg_1",
	type: "message",
	role: "assistant",
	model: "claude-haiku-5-5",
	content: [{ type: "text", text: "Hello" }],
	stop_reason: "end_turn",
	usage: { input_tokens: 10, cache_read_input_tokens: 20, cache_creation_input_tokens: 0, output_tokens: 2 },
};

/** Writes what a play says as OpenAI does, with a fingerprint: so it is passed on, and else written anew. */
class OpenaisWire extends Wire {
	override chunk(data: string | Uint8Array): Promise<boolean> {
		return super.chunk(fingerprinted(data));
	}

	override reply(status: number, headers: Record<string, string>, body: string | Uint8Array): Promise<void> {
		return super.reply(status, headers, fingerprinted(body));
	}
}

function fingerprinted(data: string | Uint8Array): string | Uint8Array {
	return typeof data === "string" ? data.replaceAll('"created":1,', '"created":1,"system_fingerprint":null,') : data;
}

/** How a stream may reach its caller, and what a play's name begins with then. */
const WAYS = [
	["written anew", ""],
	["passed on", "as OpenAI's: "],
] as const;
for (const [name, asked] of Object.entries(PLAYS)) {
	PLAYS[`as OpenAI's: ${name}`] = (wire, arrival) => asked(new OpenaisWire(wire.socket), arrival);
}

/** This one serves well what others are asked to spoil. */
const SOUND = "/deepseek";

let trap: Upstream;
let upstream: Upstream;
let gateway: Gateway;
beforeAll(async () => {
	trap = await Upstream.start(() => (wire) => wire.json(WHOLE));
	upstream = await Upstream.start(({ play, path, body: sent }) => {
		if (path.startsWith("/anthropic") && sent.includes("remember")) return (wire) => wire.json(REMEMBERED);
		const asked = PLAYS[play];
		if (asked === undefined) return (wire) => wire.json({ error: { message: play } }, 500);
		return path.startsWith(SOUND) ? (GOOD["in one piece"] ?? asked) : asked;
	});
	const at = (path: string) => `${upstream.url}/${path}`;
	gateway = await Gateway.start({
		env: {
			OPENAI_BASE_URL: at("openai/v1"),
			OPENAI_API_KEY: "sk-openai-credential",
			DEEPSEEK_BASE_URL: at("deepseek/"),
			DEEPSEEK_API_KEY: "sk-deepseek-credential",
			GEMINI_BASE_URL: at("gemini"),
			GEMINI_API_KEY: "AIza-gemini-credential",
			OPENROUTER_BASE_URL: at("openrouter/api/v1/"),
			OPENROUTER_API_KEY: "sk-or-credential",
			SILICONFLOW_BASE_URL: at("siliconflow/v1"),
			SILICONFLOW_API_KEY: "sk-siliconflow-credential",
			ANTHROPIC_BASE_URL: at("anthropic"),
			ANTHROPIC_API_KEY: "sk-ant-credential",
		},
	});
	// So much failing would shut the provider, and then nothing more would fail.
	await gateway.watch("openai", "anthropic");
	const models = ["openai/gpt-4.1", "deepseek/deepseek-flash"];
	await gateway.admin("POST", "/aliases", { name: "sound", models, sticky: false });
});
afterAll(async () => {
	await gateway?.stop();
	await upstream?.stop();
	await trap?.stop();
});

function play(name: string, stream: boolean, init: { headers?: object; signal?: AbortSignal } = {}): Promise<Response> {
	return gateway.chat({ model: "gpt-4.1", stream, messages: [{ role: "user", content: name }] }, init);
}

/** The parsed events of a stream; the last is the string `[DONE]` when it came. */
function events(
	text: string,
): (string | { choices?: { delta: { content?: string } }[]; error?: { message: string } })[] {
	return text
		.split("\n\n")
		.filter((event) => event.startsWith("data: "))
		.map((event) => (event === "data: [DONE]" ? "[DONE]" : JSON.parse(event.slice(6))));
}

function content(text: string): string {
	return events(text)
		.map((event) => (typeof event === "string" ? "" : (event.choices?.[0]?.delta.content ?? "")))
		.join("");
}

/** The default run takes turns: of each two the one whole and the other streamed. CI takes all both ways. */
const someOf = (plays: object, stream: boolean): string[] => byTurns(Object.keys(plays), Number(stream), 2);

describe.each([false, true])("an upstream that fails before its answer (stream: %s)", (stream) => {
	it.each(someOf(BEFORE, stream))("%s is a bad gateway that names the provider", async (name) => {
		const response = await play(`before: ${name}`, stream);
		const { error } = await response.json();
		expect(response.status, JSON.stringify(error)).toBe(502);
		expect(error.message).toMatch(/^\[openai\] /);
		expect(error.message.length).toBeLessThan(1000);
		expect(error.code).toMatch(/^upstream_(error|invalid_response)$/);
		expect(response.headers.get("x-tollgate-attempts")).toMatch(/^openai:/);
	});
});

/** Faces beside chat, and who answers: a vendor whose answers are passed on to them, or one whose are written anew. */
const OTHERS: readonly (readonly [face: FaceName, way: string, model: string, path: string])[] = [
	["messages", "passed on", "anthropic/claude-haiku-4-5", "/anthropic/v1/messages"],
	["messages", "written anew", "openai/gpt-4.1", "/openai/v1/chat/completions"],
	["responses", "passed on", "openai/gpt-4.1", "/openai/v1/responses"],
	["responses", "written anew", "anthropic/claude-haiku-4-5", "/anthropic/v1/messages"],
];
/** How much is read of an upstream is the same for every face, and takes long to see. */
const ENDLESS: ReadonlySet<string> = new Set([
	"an endless header",
	"an endless line",
	"an endless JSON text",
	"a compressed bomb",
]);

describe.each(OTHERS)("%s, %s from %s", (face, _, model, path) => {
	it.each([false, true])("is a bad gateway for whatever fails before its answer (stream: %s)", async (stream) => {
		const names = Object.keys(BEFORE).filter((name) => !ENDLESS.has(name));
		const answers = await Promise.all(
			names.map(async (name) => {
				const body = FACES[face].body({ model, words: `before: ${name}`, stream, limit: 100 });
				const response = await gateway.call(FACES[face].path, { body });
				const { error } = await response.json();
				const [provider = ""] = model.split("/");
				return [name, response.status, error.message.split(" ", 1)[0] === `[${provider}]`];
			}),
		);
		expect(answers).toEqual(names.map((name) => [name, 502, true]));
		for (const name of names) expect(upstream.last(`before: ${name}`)).toMatchObject({ path, stream });
	});
});

describe("an upstream that fails in the middle of its answer", () => {
	const cases = WAYS.flatMap(([way, prefix]) => Object.keys(AFTER).map((name) => [name, way, prefix] as const));
	it.each(cases)("%s ends a stream that is %s in an error, after what had come", async (name, way, prefix) => {
		const response = await play(`${prefix}after: ${name}`, true);
		expect(response.status).toBe(200);
		const text = await response.text();
		expect(content(text)).toBe("Hel");
		expect(text.includes('"id":"c"')).toBe(way === "passed on");
		const last = events(text).at(-1);
		expect(last).toMatchObject({ error: { message: expect.stringMatching(/^\[openai\] /) } });
	});

	it.each(Object.keys(AFTER))("%s makes a whole answer a bad gateway", async (name) => {
		const response = await play(`after: ${name}`, false);
		expect(response.status).toBe(502);
		expect((await response.json()).error.message).toMatch(/^\[openai\] /);
	});
});

describe("a second provider behind one that fails", () => {
	let key: { id: string; key: string };
	beforeAll(async () => {
		const team = await gateway.admin("POST", "/teams", { name: "careful" });
		const budgets = [{ limit_usd: "10.00", window: "total" }];
		key = (await gateway.admin("POST", "/keys", { team_id: team.id, name: "careful", budgets })) as typeof key;
	});

	/** Asks the alias; an empty upstream for `SOUND` would show here as a failure of both. */
	async function ask(name: string, stream: boolean, headers: object = {}) {
		const before = upstream.arrivals.length;
		const body = { model: "sound", stream, max_tokens: 100, messages: [{ role: "user", content: name }] };
		const response = await gateway.chat(body, { headers: { authorization: `Bearer ${key.key}`, ...headers } });
		const text = await response.text();
		const asked = upstream.arrivals.slice(before).map(({ path }) => path.split("/")[1]);
		return { response, text, asked, attempts: response.headers.get("x-tollgate-attempts") };
	}

	describe.each([false, true])("before the first byte (stream: %s)", (stream) => {
		it.each(someOf(BEFORE, !stream))("serves after %s", async (name) => {
			const { response, text, asked, attempts } = await ask(`before: ${name}`, stream);
			expect(response.status, text).toBe(200);
			expect(stream ? content(text) : JSON.parse(text).choices[0].message.content).toBe("Hello");
			expect(attempts).toMatch(/^openai:\w+,deepseek:200$/);
			expect(asked).toEqual(["openai", "deepseek"]);
		});

		it.each(Object.keys(STALLS))("is an error at the caller's deadline after %s", async (name) => {
			const { response, asked } = await ask(`stall: ${name}`, stream, { "x-tollgate-timeout-ms": "700" });
			expect(response.status).toBe(504);
			expect(response.headers.get("x-tollgate-attempts")).toBe("openai:timeout");
			expect(asked).toEqual(["openai"]);
		});
	});

	it.each(Object.keys(STALLS))("serves a stream that stalls with %s", async (name) => {
		const { response, text, attempts } = await ask(`stall: ${name}`, true, { "x-tollgate-ttft-timeout-ms": "400" });
		expect(response.status, text).toBe(200);
		expect(content(text)).toBe("Hello");
		expect(attempts).toBe("openai:timeout,deepseek:200");
	});

	it.each(Object.keys(AFTER))("is not asked after the first byte of a stream: %s", async (name) => {
		const { response, text, asked } = await ask(`after: ${name}`, true);
		expect(response.status).toBe(200);
		expect(content(text)).toBe("Hel");
		expect(events(text).at(-1)).toMatchObject({ error: { message: expect.stringMatching(/^\[openai\] /) } });
		expect(asked).toEqual(["openai"]);
	});

	it.each(Object.keys(AFTER))("serves a whole answer that failed on the way: %s", async (name) => {
		const { response, text, asked } = await ask(`after: ${name}`, false);
		expect(response.status, text).toBe(200);
		expect(JSON.parse(text).choices[0].message.content).toBe("Hello");
		expect(asked).toEqual(["openai", "deepseek"]);
	});

	it("leaves no hold behind", async () => {
		await vi.waitFor(
			async () => {
				const { budgets } = (await gateway.admin("GET", `/keys/${key.id}/budget`)) as { budgets: BudgetState[] };
				expect(budgets.map(({ reserved_nano_usd }) => reserved_nano_usd)).toEqual([0]);
			},
			{ timeout: 10_000, interval: 100 },
		);
	});
});

interface BudgetState {
	readonly reserved_nano_usd: number;
}

describe.each([false, true])("an answer that is odd and good (stream: %s)", (stream) => {
	it.each(someOf(GOOD, stream))("%s is served", async (name) => {
		const response = await play(`good: ${name}`, stream);
		const text = await response.text();
		expect(response.status, text).toBe(200);
		expect(stream ? content(text) : JSON.parse(text).choices[0].message.content).toBe("Hello");
		if (stream) expect(events(text).at(-1)).toBe("[DONE]");
	});

	it.each(someOf(HOSTILE, stream))("%s does no harm", async (name) => {
		// OpenAI's own streams are taken at their word; a whole answer is passed on only where all is as OpenAI writes it.
		for (const [, prefix] of stream || name === "unknown fields" ? WAYS.slice(0, 1) : WAYS) {
			const response = await play(`${prefix}hostile: ${name}`, stream);
			const text = await response.text();
			expect(response.status, text).toBe(200);
			expect(stream ? content(text) : JSON.parse(text).choices[0].message.content).toBe("Hello");
			if (stream) expect(events(text).at(-1)).toBe("[DONE]");
		}
	});
});

describe("a caller who leaves", () => {
	// Only a stream that flows: the local runtime notices that a caller left when it next writes to him.
	it.each(WAYS)("takes along the connection of a stream that is %s", async (_, prefix) => {
		const leaving = new AbortController();
		const name = `${prefix}a drip`;
		const response = await play(name, true, { signal: leaving.signal });
		await response.body?.getReader().read();
		leaving.abort();
		const left = Date.now();
		await upstream.last(name).gone;
		expect(Date.now() - left).toBeLessThan(1000);
	});
});

describe("a model that thinks long", () => {
	it("has its stream opened before its first content, which may still fail", { timeout: 20_000 }, async () => {
		const asked = Date.now();
		const [good, bad] = await Promise.all([
			play("thought before the first content", true),
			play("a late failure", true),
		]);
		expect(Date.now() - asked).toBeLessThan(5900);
		expect([good.status, bad.status]).toEqual([200, 200]);
		expect(content(await good.text())).toBe("Hello");
		expect(events(await bad.text())).toMatchObject([{ error: { message: expect.stringMatching(/^\[openai\] /) } }]);
	});
});

describe("what reaches an upstream", () => {
	it.each([
		["openai", "/openai/v1/chat/completions", "authorization", "Bearer sk-openai-credential"],
		["deepseek", "/deepseek/v1/chat/completions", "authorization", "Bearer sk-deepseek-credential"],
		["openrouter", "/openrouter/api/v1/chat/completions", "authorization", "Bearer sk-or-credential"],
		["siliconflow", "/siliconflow/v1/chat/completions", "authorization", "Bearer sk-siliconflow-credential"],
		["anthropic", "/anthropic/v1/messages", "x-api-key", "sk-ant-credential"],
		["gemini", /^\/gemini\/v1beta\/models\/[\w.-]+:generateContent$/, "x-goog-api-key", "AIza-gemini-credential"],
	])(
		"%s is called at its path with its own credential and nothing of the caller's",
		async (provider, path, header, value) => {
			const before = upstream.arrivals.length;
			const response = await gateway.chat(
				{ provider, messages: [{ role: "user", content: "who am I" }] },
				{
					headers: {
						cookie: "session=caller",
						"x-forwarded-for": "203.0.113.9",
						forwarded: "for=203.0.113.9",
						"openai-organization": "org-caller",
						"x-stainless-lang": "js",
						"x-caller-secret": "caller",
					},
				},
			);
			expect(response.status).toBeGreaterThanOrEqual(500);
			const arrival = upstream.arrivals[before];
			if (typeof path === "string") expect(arrival?.path).toBe(path);
			else expect(arrival?.path).toMatch(path);
			expect(arrival?.headers[header]).toBe(value);
			const sent = JSON.stringify(arrival?.headers);
			expect(sent).not.toMatch(/caller|203\.0\.113|test-key-123|stainless/);
			const carriers = ["authorization", "x-api-key", "x-goog-api-key"].filter(
				(name) => arrival?.headers[name] !== undefined,
			);
			expect(carriers).toEqual([header]);
		},
	);

	it.each([
		["anthropic", { "anthropic-version": "2026-10-21", "anthropic-beta": "a-2025-01-01, b" }],
		["openai", { "anthropic-version": undefined, "anthropic-beta": undefined }],
	])("%s is told of Messages' own headers as far as it speaks Messages", async (provider, expected) => {
		const before = upstream.arrivals.length;
		await gateway.call("/v1/messages", {
			body: { provider, max_tokens: 10, messages: [{ role: "user", content: "who am I" }] },
			headers: { "anthropic-version": "2026-10-21", "anthropic-beta": "a-2025-01-01, b" },
		});
		const headers = upstream.arrivals[before]?.headers;
		for (const [name, value] of Object.entries(expected)) expect(headers?.[name], name).toBe(value);
	});

	it("never follows a redirect", () => {
		expect(trap.arrivals).toEqual([]);
	});
});

describe("an alias that caches prompts", () => {
	const mark = { cache_control: { type: "ephemeral" } };
	const system = { role: "system", content: "You are terse." };
	const user = (content: string) => ({ role: "user", content });

	it("marks what came to Anthropic before: the system prompt alone, then the conversation that goes on", async () => {
		await gateway.admin("POST", "/aliases", {
			name: "caching",
			models: ["anthropic/claude-haiku-5-5"],
			cache_prompts: true,
		});
		const sent = async (messages: object[], model = "caching") => {
			const before = upstream.arrivals.length;
			const response = await gateway.chat({ model, messages });
			expect(response.status).toBe(200);
			const { usage } = (await response.json()) as { usage: { cache_discount?: number } };
			const arrival = JSON.parse(upstream.arrivals[before]?.body ?? "{}");
			return { system: arrival.system, last: arrival.messages.at(-1), usage, response };
		};
		const plain = { type: "text", text: "You are terse." };
		const first = [system, user("remember one")];
		expect(await sent(first)).toMatchObject({ system: [plain] });
		expect(JSON.stringify(await sent([system, user("remember two")], "anthropic/claude-haiku-5-5"))).not.toContain(
			"cache_control",
		);
		const other = await sent([system, user("remember three")]);
		expect(other.system).toEqual([{ ...plain, ...mark }]);
		expect(JSON.stringify(other.last)).not.toContain("cache_control");
		const later = await sent([...first, { role: "assistant", content: "Hello" }, user("remember four")]);
		expect([later.system, later.last.content]).toEqual([
			[{ ...plain, ...mark }],
			[{ type: "text", text: "remember four", ...mark }],
		]);
		// Twenty tokens at 0.01 in place of 0.1 USD per million.
		expect(later.usage.cache_discount).toBeCloseTo(20 * 0.09e-6, 12);
		await vi.waitFor(async () => {
			const logged = await gateway.call(`/v1/requests/${later.response.headers.get("x-request-id")}`);
			expect(await logged.json()).toMatchObject({ cache_discount: "0.0000018" });
		}, 10_000);
	});
});

describe("a provider that an admin added", () => {
	it("is called at its address with its credential, and reports a broken TLS handshake as a bad gateway", async () => {
		const models = [{ id: "acme-large" }];
		await gateway.admin("POST", "/providers", {
			name: "acme",
			base_url: `${upstream.url}/acme/v1`,
			credential: "sk-acme-credential",
			models,
		});
		const ask = (model: string) => gateway.chat({ model, messages: [{ role: "user", content: "good: in one piece" }] });
		const response = await ask("acme/acme-large");
		expect(response.status, await response.text()).toBe(200);
		expect(upstream.last()).toMatchObject({
			path: "/acme/v1/chat/completions",
			headers: { authorization: "Bearer sk-acme-credential" },
		});

		const base_url = upstream.url.replace("http:", "https:");
		await gateway.admin("POST", "/providers", { name: "tls", base_url, credential: "sk-tls-credential", models });
		const broken = await ask("tls/acme-large");
		expect(broken.status).toBe(502);
		expect((await broken.json()).error.message).toMatch(/^\[tls\] .*connection/);
	});
});
