/**
 * Each face over each provider: what a conversation means stays the same whatever protocols are between, streamed or
 * not, or it is refused by name; and so does what goes wrong. The oracle judges each answer besides.
 */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { Random } from "#test/support/random";
import { upTo } from "#test/support/scale";
import { DEMO_KEY, failure, fault, LASTING, mend, send } from "#test/worker/gateway";
import { type Answer, type Asked, SPEAKERS, type Speaker } from "./conversations";

/** The first request of a file starts the worker, which takes longer on a busy machine than a test may. */
const START_MS = 30_000;

afterEach(mend);

/** One of each protocol and dialect. */
const MODELS = [
	"openai/gpt-6-luna",
	"openai/gpt-4.1",
	"anthropic/claude-haiku-5-5",
	"gemini/gemini-3.1-flash-lite",
	"gemini/gemini-2.5-flash",
	"deepseek/deepseek-flash",
	"openrouter/openai/gpt-oss-120b",
	"siliconflow/deepseek-ai/DeepSeek-V4-Flash",
	"workers-ai/@cf/zai-org/glm-5.3-flash",
] as const;
type ModelName = (typeof MODELS)[number];
type FaceName = keyof typeof SPEAKERS;
const FACES = Object.keys(SPEAKERS) as FaceName[];

it("has a model of each provider", () => {
	expect(new Set(MODELS.map((model) => model.split("/")[0]))).toEqual(new Set(BUILT_IN_PROVIDERS));
});

const object = (fields: Record<string, object>) => ({
	type: "object",
	properties: fields,
	required: Object.keys(fields),
	additionalProperties: false,
});
const TOOLS = [
	{ name: "get_weather", parameters: object({ city: { type: "string" } }) },
	{ name: "get_time", parameters: object({ zone: { type: "string" } }) },
] as never as NonNullable<Asked["tools"]>;
const BOOK = object({ title: { type: "string" }, pages: { type: "integer" } }) as never as NonNullable<Asked["schema"]>;

class Talk {
	readonly #speaker: Speaker;
	readonly #asked: Omit<Asked, "history">;
	readonly #history: object[] = [];

	constructor(face: FaceName, asked: Omit<Asked, "history">) {
		this.#speaker = SPEAKERS[face];
		this.#asked = asked;
	}

	/** Says something, and has the answer. */
	say(text: string, attached?: "image" | "document"): Promise<Answer> {
		this.#history.push(this.#speaker.user(text, attached));
		return this.#answer();
	}

	/** Returns what the tools said. */
	give({ calls }: Answer, text: string): Promise<Answer> {
		this.#history.push(...this.#speaker.results(calls, text));
		return this.#answer();
	}

	async #answer(): Promise<Answer> {
		const response = await post(this.#speaker, this.#speaker.body({ ...this.#asked, history: this.#history }));
		const text = await response.text();
		if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
		const answer = this.#asked.stream
			? this.#speaker.streamed(dataOf(text))
			: this.#speaker.whole(JSON.parse(text) as never);
		this.#history.push(...answer.back);
		return answer;
	}
}

function post({ path }: Speaker, body: object, headers: Record<string, string> = {}): Promise<Response> {
	return send(`http://gateway${path}`, {
		method: "POST",
		headers: { authorization: `Bearer ${DEMO_KEY}`, "content-type": "application/json", ...headers },
		body: JSON.stringify(body),
	});
}

function dataOf(text: string): string[] {
	return text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
}

const namesOf = ({ calls }: Answer) => calls.map(({ name }) => name);

/** What is talked about, and what must come of it. */
const SUBJECTS: Record<string, (face: FaceName, model: ModelName, stream: boolean) => Promise<void>> = {
	async text(face, model, stream) {
		const answer = await new Talk(face, { model, stream }).say("Tell me: Grüße, 世界 🙂");
		expect(answer).toMatchObject({
			text: "You said “Tell me: Grüße, 世界 🙂”.",
			calls: [],
			end: SPEAKERS[face].ends.said,
		});
	},
	async "two tools at once"(face, model, stream) {
		const talk = new Talk(face, { model, stream, tools: TOOLS });
		const first = await talk.say("Call both tools: get_weather and get_time, for Oslo.");
		expect(namesOf(first)).toEqual(["get_weather", "get_time"]);
		expect(first.calls.map(({ input }) => Object.keys(JSON.parse(input)))).toEqual([["city"], ["zone"]]);
		expect(first.end).toBe(SPEAKERS[face].ends.called);
		const second = await talk.give(first, "as ever");
		expect(second.text).toBe("The tool get_weather answered: as ever\nThe tool get_time answered: as ever");
		expect(second.end).toBe(SPEAKERS[face].ends.said);
	},
	async "an image"(face, model, stream) {
		const { text } = await new Talk(face, { model, stream }).say("What is this?", "image");
		expect(text).toMatch(/and sent an image/);
	},
	async "a document"(face, model, stream) {
		const { text } = await new Talk(face, { model, stream }).say("What is this?", "document");
		expect(text).toMatch(/and sent a (?:document|file)/);
	},
	async "a schema"(face, model, stream) {
		const { text } = await new Talk(face, { model, stream, schema: BOOK }).say("Describe a book as JSON.");
		expect(JSON.parse(text)).toEqual({ title: expect.any(String), pages: expect.any(Number) });
	},
	async "thinking over five turns"(face, model, stream) {
		const talk = new Talk(face, { model, stream, tools: TOOLS, thinks: true });
		for (const city of ["Oslo", "Rome"]) {
			const called = await talk.say(`How is the weather in ${city}?`);
			expect(namesOf(called)).toEqual(["get_weather"]);
			expect(JSON.parse(called.calls[0]?.input ?? "")).toEqual({ city });
			if (!THINK_NOT.has(model)) expect(called.thought).toMatch(/^I will call get_weather/);
			expect((await talk.give(called, `snow in ${city}`)).text).toBe(`The tool get_weather answered: snow in ${city}`);
		}
		expect((await talk.say("Thank you.")).text).toBe("You said “Thank you.”.");
	},
};

const THINK_NOT: ReadonlySet<ModelName> = new Set(["openai/gpt-4.1"]);

/** What these models' vendors have no form for. */
const REFUSED: Readonly<Record<string, readonly ModelName[]>> = { "a document": ["deepseek/deepseek-flash"] };

interface Case {
	readonly face: FaceName;
	readonly model: ModelName;
	readonly about: string;
	readonly stream: boolean;
}

const ALL: readonly Case[] = FACES.flatMap((face) =>
	MODELS.flatMap((model) =>
		Object.keys(SUBJECTS).flatMap((about) => [false, true].map((stream) => ({ face, model, about, stream }))),
	),
);

/** As many as the run looks at, spread over all, in their order. */
function sampled<T>(all: readonly T[], least: number): T[] {
	const left = [...all];
	const random = new Random(all.length);
	const drawn = new Set(Array.from({ length: upTo(all.length, Math.min(least, all.length)) }, () => random.draw(left)));
	return all.filter((one) => drawn.has(one));
}

beforeAll(async () => {
	await new Talk("chat", { model: "openai/gpt-4.1", stream: false }).say("Hi");
}, START_MS);

describe("a conversation keeps its meaning", () => {
	it.each(sampled(ALL, 40))("$face over $model: $about (streamed: $stream)", async ({ face, model, about, stream }) => {
		const talk = SUBJECTS[about];
		if (talk === undefined) throw new Error(about);
		if (REFUSED[about]?.includes(model)) {
			await expect(talk(face, model, stream)).rejects.toThrow(/^400: .*"(?:code|error_code)":"unsupported_parameter"/);
		} else await talk(face, model, stream);
	});
});

const providerOf = (model: ModelName) => model.slice(0, model.indexOf("/"));

/** What fails before an answer has begun, and what callers are told; by some providers, where it is not the same. */
const FAILURES: readonly (readonly [fault: object, said: string, by?: Readonly<Record<string, string>>])[] = [
	[{ fault: "error", status: 400 }, "400"],
	[{ fault: "error", status: 401 }, "502 upstream_credential_refused"],
	// What limits the account in Workers AI says that it has no capacity.
	[
		{ fault: "error", status: 429, headers: LASTING },
		"429 rate_limit_exceeded",
		{ "workers-ai": "503 upstream_overloaded" },
	],
	[{ fault: "error", status: 500 }, "502 upstream_error"],
	[{ fault: "reset" }, "502 upstream_error"],
	[{ fault: "empty" }, "502 upstream_invalid_response"],
	[{ fault: "html" }, "502 upstream_invalid_response"],
	[{ fault: "garbage" }, "502 upstream_invalid_response"],
	[{ fault: "says_nothing" }, "502 upstream_invalid_response"],
	[{ fault: "hang_before_headers" }, "504 upstream_timeout"],
];

/** What breaks a stream after its first words. Vendors say then that they failed, or that they are overloaded. */
const BREAKS: readonly (readonly [fault: object, code: RegExp])[] = [
	[{ fault: "cut_mid_stream" }, /^upstream_error$/],
	[{ fault: "clean_eof_mid_stream" }, /^upstream_error$/],
	[{ fault: "error_frame" }, /^upstream_(?:error|overloaded)$/],
	[{ fault: "garbage" }, /^upstream_invalid_response$/],
	[{ fault: "hang_after_headers" }, /^upstream_timeout$/],
];

/** How long silence is borne, in milliseconds: enough for whatever comes before it on a busy machine. */
const PATIENCE_MS = 2_000;
const patient = { "x-tollgate-timeout-ms": String(PATIENCE_MS) };

/** Requests to all models at once, whose providers fail, as they are answered. */
async function failing(face: FaceName, stream: boolean, broken: object): Promise<(readonly [ModelName, Response])[]> {
	await fault(...BUILT_IN_PROVIDERS.map((provider) => ({ fault: "", ...broken, provider })));
	const speaker = SPEAKERS[face];
	const history = [speaker.user("Write 60 words")];
	const hangs = JSON.stringify(broken).includes("hang");
	return Promise.all(
		MODELS.map(async (model) => {
			const body = speaker.body({ model, stream, history });
			return [model, await post(speaker, body, hangs ? patient : {})] as const;
		}),
	);
}

describe("what goes wrong is said in the face's own way", () => {
	const failures = FACES.flatMap((face) =>
		FAILURES.flatMap(([broken, said, by]) => [false, true].map((stream) => ({ face, stream, broken, said, by }))),
	);
	it.each(sampled(failures, 12))("$face: $broken (streamed: $stream)", async ({ face, stream, broken, said, by }) => {
		for (const [model, response] of await failing(face, stream, broken)) {
			const { status, error } = await failure(response);
			expect(`${status} ${error.code}`, model).toMatch(new RegExp(`^${by?.[providerOf(model)] ?? said}`));
			expect(error.message).toMatch(new RegExp(`^\\[${providerOf(model)}\\] .`));
		}
	});

	const breaks = FACES.flatMap((face) => BREAKS.map(([broken, code]) => ({ face, broken, code })));
	it.each(sampled(breaks, 5))("$face: $broken, on the way", async ({ face, broken, code }) => {
		for (const [model, response] of await failing(face, true, { ...broken, after: 8 })) {
			expect(response.status, model).toBe(200);
			const data = dataOf(await response.text());
			expect(data.length, model).toBeGreaterThan(2);
			expect([...new Set(data.flatMap(codesOf))].join(), model).toMatch(code);
			expect(data.at(-1)).not.toMatch(/\[DONE\]|message_stop|response\.(?:completed|incomplete)/);
		}
	});
});

/** The code of an error that an event tells of, in whichever envelope; Responses tell of one twice. */
function codesOf(event: string): string[] {
	const { type, error, response } = JSON.parse(event);
	if (type === "response.failed") return [response.error.code as string];
	if (error === undefined) return [];
	return [error.details?.error_code ?? error.code];
}
