import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { byTurns } from "#test/support/scale";
import { admin, errorOf, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { chat, failure, fault, LASTING, mend, send, user } from "#test/worker/gateway";
import { settledOf, watchRecords } from "#test/worker/usage/records";

/** A model of each vendor: how long its vectors are, how many texts it takes at once, whether it tells its usage. */
const VENDORS = {
	openai: { model: "openai/text-embedding-3-small", dimensions: 1536, most: 2048, isTold: true },
	openrouter: { model: "openrouter/openai/text-embedding-3-small", dimensions: 1536, most: 100, isTold: true },
	siliconflow: { model: "siliconflow/BAAI/bge-m3", dimensions: 1024, most: 32, isTold: true },
	gemini: { model: "gemini/gemini-embedding-001", dimensions: 3072, most: 100, isTold: false },
	"workers-ai": { model: "workers-ai/@cf/baai/bge-m3", dimensions: 1024, most: 100, isTold: false },
};
type Vendor = keyof typeof VENDORS;
const NAMES = Object.keys(VENDORS) as Vendor[];

/** Where a vendor says something else with the same fault: that it has no capacity. */
const OWN_WORDS: Readonly<Record<string, readonly [status: number, code: string]>> = {
	"openrouter error_frame ": [503, "upstream_overloaded"],
	"workers-ai error 429": [503, "upstream_overloaded"],
};

interface Embeddings {
	model: string;
	data: { index: number; embedding: number[] | string }[];
	usage: { prompt_tokens: number; total_tokens: number; cost: number; estimated?: true };
}

let key: IssuedKey;
beforeEach(async () => {
	key = await issueKey({ budgets: [{ limit_usd: "1", window: "total" }] });
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
});
afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

function embed(body: object, headers: Record<string, string> = {}, by = key.key): Promise<Response> {
	return send("http://gateway/v1/embeddings", {
		method: "POST",
		headers: { authorization: `Bearer ${by}`, "content-type": "application/json", ...headers },
		body: JSON.stringify(body),
	});
}

async function embedded(body: object): Promise<{ answer: Embeddings; headers: Headers }> {
	const response = await embed(body);
	const text = await response.text();
	expect(response.status, text.slice(0, 500)).toBe(200);
	return { answer: JSON.parse(text), headers: response.headers };
}

async function books(): Promise<{ total_nano_usd: number; requests: number }> {
	return (await send("http://gateway/_simulator/billing")).json();
}

function numbersOf(embedding: number[] | string): number[] {
	if (typeof embedding !== "string") return embedding;
	const bytes = Uint8Array.from(atob(embedding), (character) => character.charCodeAt(0));
	return [...new Float32Array(bytes.buffer)];
}

function likeness(a: number[] | string, b: number[] | string): number {
	const [left, right] = [numbersOf(a), numbersOf(b)];
	return left.reduce((sum, number, at) => sum + number * (right[at] ?? 0), 0);
}

describe.each(NAMES)("embeddings of %s", (vendor) => {
	const { model, dimensions, most, isTold } = VENDORS[vendor];

	it("come in order, of length one, and near for texts that say the like, whichever way they are written", async () => {
		const input = ["The cat sat on the mat", "A cat was sitting on a mat", "Quarterly revenue grew by nine percent"];
		const floats = (await embedded({ model, input })).answer;
		const packed = (await embedded({ model, input, encoding_format: "base64" })).answer;
		expect(floats.data.map(({ index }) => index)).toEqual([0, 1, 2]);
		for (const [at, { embedding }] of floats.data.entries()) {
			expect(embedding).toHaveLength(dimensions);
			expect(likeness(embedding, embedding)).toBeCloseTo(1, 4);
			const other = packed.data[at]?.embedding;
			expect(typeof other).toBe("string");
			expect(numbersOf(other ?? "")).toEqual(Array.from(new Float32Array(embedding as number[])));
		}
		const [cat, sitting, revenue] = floats.data.map(({ embedding }) => embedding) as [number[], number[], number[]];
		expect(likeness(cat, sitting)).toBeGreaterThan(0.3);
		expect(likeness(cat, sitting)).toBeGreaterThan(likeness(cat, revenue) + 0.2);
	});

	it("are split into as many calls as the vendor needs and come back in order, as one hold and one bill", async () => {
		const input = Array.from({ length: Math.min(most * 2 + 3, 250) }, (_, at) => `text number ${at} of many`);
		const recordOf = watchRecords();
		const response = await embed({ model, input, encoding_format: "base64" });
		const answer = await response.json<Embeddings>();
		expect(answer.data.map(({ index }) => index)).toEqual(input.map((_, at) => at));
		const { attempts } = await recordOf(response);
		const { total_nano_usd: truth, requests } = await books();
		expect(requests).toBe(Math.ceil(input.length / most));
		expect(attempts).toHaveLength(1);
		const charged = await settledOf(key.id);
		expect(attempts).toMatchObject([{ end: "answered", cost: charged, estimated: !isTold }]);
		expect(Math.round(answer.usage.cost * 1e9)).toBe(charged);
		expect(answer.usage.estimated).toBe(isTold ? undefined : true);
		if (isTold) expect(charged).toBe(truth);
		else expect(charged).toBeGreaterThanOrEqual(truth);
		// The last one is the same alone.
		const alone = (await embedded({ model, input: input.at(-1), encoding_format: "base64" })).answer;
		expect(alone.data[0]?.embedding).toBe(answer.data.at(-1)?.embedding);
	});

	it.each(
		byTurns(
			[
				["an error", { fault: "error", status: 500 }, 502, "upstream_error"],
				["a limit on rate", { fault: "error", status: 429, headers: LASTING }, 429, "rate_limit_exceeded"],
				["an empty body", { fault: "empty" }, 502, "upstream_invalid_response"],
				["an answer without vectors", { fault: "says_nothing" }, 502, "upstream_invalid_response"],
				["a web page", { fault: "html" }, 502, "upstream_invalid_response"],
				["an answer that is no JSON", { fault: "garbage" }, 502, "upstream_invalid_response"],
				["a cut connection", { fault: "cut_mid_stream" }, 502, "upstream_error"],
				["an error inside a success", { fault: "error_frame" }, 502, "upstream_error"],
			] as const,
			NAMES.indexOf(vendor),
			3,
		),
	)("says what is wrong with %s, and charges no less than the vendor bills", async (_, wrong, status, code) => {
		await fault({ provider: vendor, ...wrong });
		const refused = await failure(embed({ model, input: ["one", "two"] }));
		const own = OWN_WORDS[`${vendor} ${wrong.fault} ${"status" in wrong ? wrong.status : ""}`];
		expect([refused.status, refused.error.code]).toEqual(own ?? [status, code]);
		const { total_nano_usd: truth } = await books();
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual(truth);
	});

	it("are given up when they come too late", async () => {
		await fault({ provider: vendor, fault: "hang_before_headers" });
		const refused = await failure(embed({ model, input: "slow" }, { "x-tollgate-timeout-ms": "300" }));
		expect([refused.status, refused.error.code]).toEqual([504, "upstream_timeout"]);
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});
});

describe("a batch of which a later part fails", () => {
	it("is paid for as far as the vendor did it, and served by another target", async () => {
		await admin("POST", "/aliases", {
			name: "twice",
			models: ["siliconflow/BAAI/bge-m3", "workers-ai/@cf/baai/bge-m3"],
		});
		// The first call is answered, and one of those after it is not.
		await fault({ provider: "siliconflow", fault: "error", status: 500, rate: 0.5 });
		const recordOf = watchRecords();
		const response = await embed({ model: "twice", input: Array.from({ length: 90 }, (_, at) => `text ${at}`) });
		const answer = await response.json<Embeddings>();
		expect(response.headers.get("x-tollgate-provider")).toBe("workers-ai");
		expect(answer.data).toHaveLength(90);
		const { attempts } = await recordOf(response);
		expect(attempts).toMatchObject([
			{ provider: "siliconflow", end: "failed", fault: "server", estimated: true },
			{ provider: "workers-ai", end: "answered" },
		]);
		expect(attempts[0]?.cost).toBeGreaterThan(0);
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});
});

describe("a request for embeddings", () => {
	it.each([
		["nothing", { input: [] }, "input"],
		["an empty text", { input: "" }, "input"],
		["an empty text among others", { input: ["one", "two", ""] }, "input[2]"],
		["a number among texts", { input: ["one", 2] }, "input[1]"],
		["no tokens among others", { input: [[1, 2], []] }, "input[1]"],
		["a text among tokens", { input: [[1, 2], ["2"]] }, "input[1]"],
		["an object", { input: { text: "one" } }, "input"],
		["no input", {}, "input"],
		["vectors of no length", { input: "one", dimensions: 0 }, "dimensions"],
		["longer vectors than there are", { input: "one", dimensions: 2000 }, "dimensions"],
		["an encoding that is not known", { input: "one", encoding_format: "int8" }, "encoding_format"],
		["a stream", { input: "one", stream: true }, "stream"],
		["too many at once", { input: Array.from({ length: 2049 }, () => "one") }, "input"],
	])("is refused before anything is sent when it asks for %s", async (_, fields, param) => {
		const refused = await failure(embed({ model: "openai/text-embedding-3-small", ...fields }));
		expect([refused.status, refused.error.param]).toEqual([400, param]);
		expect((await books()).requests).toBe(0);
	});

	it("that is too long is refused by the name of the input that is, also in a later part of a batch", async () => {
		const input = Array.from({ length: 40 }, (_, at) => (at === 35 ? "word ".repeat(9000) : "short"));
		for (const model of ["openai/text-embedding-3-small", "siliconflow/BAAI/bge-m3", "gemini/gemini-embedding-001"]) {
			const refused = await failure(embed({ model, input }));
			expect([refused.status, refused.error.code, refused.error.param], refused.error.message).toEqual([
				400,
				"context_length_exceeded",
				"input[35]",
			]);
		}
	});

	it("takes tokens where the vendor does, and is told where it does not", async () => {
		const { answer } = await embedded({ model: "openai/text-embedding-3-small", input: [[1, 2, 3], [4]] });
		expect(answer.data).toHaveLength(2);
		expect(answer.usage.prompt_tokens).toBe(4);
		const refused = await failure(embed({ model: "gemini/gemini-embedding-001", input: [[1, 2, 3], [4]] }));
		expect([refused.status, refused.error.code, refused.error.param]).toEqual([
			400,
			"unsupported_parameter",
			"input[0]",
		]);
	});

	it("has vectors as long as it asks for, and of length one", async () => {
		for (const model of ["openai/text-embedding-3-large", "gemini/gemini-embedding-001", "gemini/gemini-embedding-2"]) {
			const { answer } = await embedded({ model, input: "short", dimensions: 256 });
			const [{ embedding } = { embedding: "" }] = answer.data;
			expect(embedding).toHaveLength(256);
			expect(likeness(embedding, embedding)).toBeCloseTo(1, 4);
		}
	});

	it("is refused where a budget does not hold for it, and reaches no vendor", async () => {
		const poor = await issueKey({ budgets: [{ limit_usd: "0.000001", window: "total" }] });
		const refused = await failure(
			embed({ model: "openai/text-embedding-3-large", input: "word ".repeat(500) }, {}, poor.key),
		);
		expect(refused.status).toBe(402);
		expect((await books()).requests).toBe(0);
	});

	it("goes to no model that chats, and a chat to none that embeds", async () => {
		const toChat = await failure(embed({ model: "openai/gpt-4o-mini", input: "one" }));
		expect([toChat.status, toChat.error.code]).toEqual([400, "no_candidate"]);
		expect(toChat.error.message).toContain("operation:embeddings");
		const toEmbed = await failure(chat({ model: "openai/text-embedding-3-small", messages: user("Hi") }));
		expect([toEmbed.status, toEmbed.error.code]).toEqual([400, "no_candidate"]);
		expect(toEmbed.error.message).toContain("operation:chat");
		expect((await books()).requests).toBe(0);
	});
});

describe("an alias of models that embed", () => {
	it("goes on to the same model elsewhere when a provider fails", async () => {
		await admin("POST", "/aliases", { name: "bge", models: ["siliconflow/BAAI/bge-m3", "workers-ai/@cf/baai/bge-m3"] });
		await fault({ provider: "siliconflow", fault: "error", status: 503 });
		const { headers } = await embedded({ model: "bge", input: "one" });
		expect(headers.get("x-tollgate-attempts")).toBe("siliconflow:503,workers-ai:200");
	});

	it("never mixes two models, unless an admin says that they are one", async () => {
		const models = ["siliconflow/Qwen/Qwen3-Embedding-8B", "workers-ai/@cf/qwen/qwen3-embedding-0.6b"];
		expect((await admin("POST", "/aliases", { name: "mixed", models })).status).toBe(201);
		const refused = await failure(embed({ model: "mixed", input: "one" }));
		expect([refused.status, refused.error.code, refused.error.param]).toEqual([400, "no_candidate", "model"]);
		expect(refused.error.message).toContain("Qwen3-Embedding-8B");
		const listed = await failure(embed({ models, input: "one" }));
		expect([listed.status, listed.error.code]).toEqual([400, "no_candidate"]);
		for (const model of models) {
			const answer = await admin("PATCH", `/models/${model}`, { family: "mine" });
			expect(answer.status, JSON.stringify(errorOf(answer))).toBeLessThan(300);
		}
		try {
			await embedded({ model: "mixed", input: "one" });
		} finally {
			for (const model of models) await admin("DELETE", `/models/${model}`);
		}
	});

	it("does not step down to another model when a budget runs low", async () => {
		const downgrade = { above: 0.1, model: "openai/text-embedding-3-small" };
		await admin("POST", "/aliases", { name: "down", models: ["openai/text-embedding-3-large"], downgrade });
		expect((await failure(embed({ model: "down", input: "one" }))).error.code).toBe("no_candidate");
	});
});
