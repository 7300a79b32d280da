import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { chat, failure, fault, mend, send, user } from "#test/worker/gateway";
import { settledOf, watchRecords } from "#test/worker/usage/records";

/** A model of each vendor, how it hands its images over, and what of OpenAI's it lacks. */
const VENDORS = {
	openai: { model: "openai/gpt-image-2", form: "b64_json", other: "url", pixels: [1024, 1024] },
	gemini: { model: "gemini/gemini-3.1-flash-image-preview", form: "b64_json", other: "url", pixels: [1024, 1024] },
	openrouter: {
		model: "openrouter/google/gemini-2.5-flash-image",
		form: "b64_json",
		other: "url",
		pixels: [1024, 1024],
	},
	siliconflow: { model: "siliconflow/Qwen/Qwen-Image", form: "url", other: "b64_json", pixels: null },
	"workers-ai": {
		model: "workers-ai/@cf/black-forest-labs/flux-1-schnell",
		form: "b64_json",
		other: "url",
		pixels: [1024, 1024],
	},
} as const;
type Vendor = keyof typeof VENDORS;
const NAMES = Object.keys(VENDORS) as Vendor[];

interface Images {
	created: number;
	model: string;
	size?: string;
	quality?: string;
	output_format?: string;
	data: { b64_json?: string; url?: string }[];
	usage: {
		input_tokens: number;
		output_tokens: number;
		total_tokens: number;
		cost: number;
		estimated?: true;
		billed_units?: Record<string, number>;
	};
}

let key: IssuedKey;
beforeEach(async () => {
	key = await issueKey({ budgets: [{ limit_usd: "10", window: "total" }] });
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
});
afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

function draw(body: object, headers: Record<string, string> = {}, by = key.key): Promise<Response> {
	return send("http://gateway/v1/images/generations", {
		method: "POST",
		headers: { authorization: `Bearer ${by}`, "content-type": "application/json", ...headers },
		body: JSON.stringify({ prompt: "A lighthouse at dusk", ...body }),
	});
}

async function books(): Promise<{ total_nano_usd: number; requests: number }> {
	return (await send("http://gateway/_simulator/billing")).json();
}

/** Where a vendor's own words say more than its status, or than those of others do. */
const OWN_WORDS: Partial<Record<`${Vendor}: ${string}`, readonly [status: number, code: string]>> = {
	"openrouter: an error in a success": [503, "upstream_overloaded"],
	"workers-ai: a limit on rate": [503, "upstream_overloaded"],
};

/** Width and height of a PNG, JPEG or WebP file in base64. */
function pixelsOf(base64: string): [number, number] {
	const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
	const view = new DataView(bytes.buffer);
	if (bytes[0] === 0x89) return [view.getUint32(16), view.getUint32(20)];
	if (bytes[0] === 0x52) {
		const sides = view.getUint32(21, true);
		return [(sides & 0x3fff) + 1, ((sides >>> 14) & 0x3fff) + 1];
	}
	expect([...bytes.slice(0, 2)]).toEqual([0xff, 0xd8]);
	let at = 2;
	while (bytes[at + 1] !== 0xc0) at += 2 + view.getUint16(at + 2);
	return [view.getUint16(at + 7), view.getUint16(at + 5)];
}

describe.each(NAMES)("images of %s", (vendor) => {
	const { model, form, other, pixels } = VENDORS[vendor];

	it("come as pictures, as many as were asked for, and are charged what the vendor bills", async () => {
		const recordOf = watchRecords();
		for (const fields of [{}, { n: 2 }]) {
			const response = await draw({ model, ...fields });
			const answer = await response.json<Images>();
			expect(response.status, JSON.stringify(answer).slice(0, 500)).toBe(200);
			expect(answer.data).toHaveLength("n" in fields ? 2 : 1);
			for (const image of answer.data) {
				expect(Object.keys(image)).toEqual([form]);
				if (form === "b64_json") expect(pixelsOf(image.b64_json ?? "")).toEqual(pixels);
				else expect(URL.canParse(image.url ?? "")).toBe(true);
			}
			const { attempts } = await recordOf(response);
			expect(attempts).toMatchObject([{ end: "answered", estimated: false }]);
			expect(Math.round(answer.usage.cost * 1e9)).toBe(attempts[0]?.cost);
		}
		const { total_nano_usd: truth } = await books();
		expect(truth).toBeGreaterThan(0);
		expect(await settledOf(key.id)).toBe(truth);
	});

	it.each([
		["an error", { fault: "error", status: 500 }, 502, "upstream_error"],
		["a limit on rate", { fault: "error", status: 429 }, 429, "rate_limit_exceeded"],
		["an empty body", { fault: "empty" }, 502, "upstream_invalid_response"],
		["an answer without images", { fault: "says_nothing" }, 502, "upstream_invalid_response"],
		["a web page", { fault: "html" }, 502, "upstream_invalid_response"],
		["an answer that is no JSON", { fault: "garbage" }, 502, "upstream_invalid_response"],
		["a cut connection", { fault: "cut_mid_stream" }, 502, "upstream_error"],
		["an error in a success", { fault: "error_frame" }, 502, "upstream_error"],
	] as const)(
		"says what is wrong with %s, and charges no less than the vendor bills",
		async (name, wrong, status, code) => {
			await fault({ provider: vendor, ...wrong });
			const refused = await failure(draw({ model }));
			expect([refused.status, refused.error.code]).toEqual(OWN_WORDS[`${vendor}: ${name}`] ?? [status, code]);
			expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
		},
	);

	it("come from a vendor that takes its time", async () => {
		await fault({ provider: vendor, fault: "slow", ms: 20 });
		expect((await draw({ model })).status).toBe(200);
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it("that the vendor will not draw are told so", async () => {
		const refused = await failure(draw({ model, prompt: "[[unsafe]]" }));
		expect([refused.status, refused.error.message]).toEqual([
			400,
			expect.stringMatching(/safety|prohibited|drew nothing|NSFW/),
		]);
		// What the vendor says it used is what is charged.
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it("are not handed over in a form that the vendor does not have", async () => {
		const refused = await failure(draw({ model, response_format: other }));
		expect([refused.status, refused.error.code, refused.error.param]).toEqual([
			400,
			"unsupported_parameter",
			"response_format",
		]);
		expect((await draw({ model, response_format: form })).status).toBe(200);
	});
});

describe("a request for images", () => {
	it.each([
		["no prompt", { prompt: undefined }, "prompt"],
		["an empty prompt", { prompt: "" }, "prompt"],
		["none", { n: 0 }, "n"],
		["too many", { n: 11 }, "n"],
		["a size that is none", { size: "large" }, "size"],
		["a stream", { stream: true }, "stream"],
		["parts of images", { partial_images: 2 }, "partial_images"],
		["how many in a provider's own fields", { openai: { n: 10 } }, "openai.n"],
	])("is refused before anything is sent when it asks for %s", async (_, fields, param) => {
		const refused = await failure(draw({ model: "openai/gpt-image-2", ...fields }));
		expect([refused.status, refused.error.param]).toEqual([400, param]);
		expect((await books()).requests).toBe(0);
	});

	it("is priced by size and quality, and told what was made", async () => {
		const low = await (await draw({ model: "openai/gpt-image-2", quality: "low", size: "1024x1024" })).json<Images>();
		expect([low.size, low.quality, low.usage.output_tokens]).toEqual(["1024x1024", "low", 272]);
		const high = await (await draw({ model: "openai/gpt-image-2", quality: "high", size: "1024x1536" })).json<Images>();
		expect(pixelsOf(high.data[0]?.b64_json ?? "")).toEqual([1024, 1536]);
		expect(high.usage.output_tokens).toBe(6240);
		expect(high.usage.cost).toBeGreaterThan(low.usage.cost * 10);
	});

	it.each([
		["png", "png"],
		["jpeg", "jpeg"],
		["webp", "webp"],
	])("for a file of type %s gets one at OpenAI", async (output_format, type) => {
		const fields = { model: "openai/gpt-image-2", quality: "low", output_format, size: "1536x1024" };
		const answer = await (await draw(fields)).json<Images>();
		expect([answer.output_format, pixelsOf(answer.data[0]?.b64_json ?? "")]).toEqual([type, [1536, 1024]]);
	});

	it.each([
		["gemini/gemini-3.1-flash-image-preview", "1536x1024", [1248, 832], 1120],
		["gemini/gemini-3.1-flash-image-preview", "4096x4096", [4096, 4096], 2520],
		["openrouter/google/gemini-3.1-flash-image-preview", "1080x1920", [1536, 2688], 1680],
		["workers-ai/@cf/leonardo/lucid-origin", "1920x1080", [1920, 1080], 0],
	])(
		"to %s for %s is drawn in the nearest shape and resolution, and priced by it",
		async (model, size, drawn, tokens) => {
			const answer = await (await draw({ model, size })).json<Images>();
			expect(pixelsOf(answer.data[0]?.b64_json ?? "")).toEqual(drawn);
			const { output_tokens: output, billed_units: units } = answer.usage;
			if (tokens > 0) expect(output).toBeGreaterThanOrEqual(tokens);
			else expect(units).toEqual({ tile: 12, step: 25 });
			expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
		},
	);

	it("takes more steps for high quality where steps are billed, and as many as are asked for", async () => {
		const model = "workers-ai/@cf/black-forest-labs/flux-1-schnell";
		const unitsOf = async (fields: object) =>
			(await (await draw({ model, ...fields })).json<Images>()).usage.billed_units;
		expect(await unitsOf({})).toEqual({ tile: 4, step: 4 });
		expect(await unitsOf({ quality: "high" })).toEqual({ tile: 4, step: 8 });
		expect(await unitsOf({ n: 2, "workers-ai": { steps: 1 } })).toEqual({ tile: 8, step: 2 });
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it("is made in calls of four where the vendor makes four at once", async () => {
		const fields = { model: "siliconflow/Kwai-Kolors/Kolors", n: 6, siliconflow: { seed: 7 } };
		const answer = await (await draw(fields)).json<Images>();
		expect(answer.data).toHaveLength(6);
		expect(answer.usage).toMatchObject({ billed_units: { image: 6 }, cost: 0.06 });
		const { total_nano_usd: truth, requests } = await books();
		expect([requests, await settledOf(key.id)]).toEqual([2, truth]);
	});

	it.each([
		["gemini/gemini-2.5-flash-image", { size: "2048x2048" }, "size"],
		["gemini/gemini-2.5-flash-image", { size: "1000x100" }, "size"],
		["gemini/gemini-2.5-flash-image", { background: "transparent" }, "background"],
		["gemini/gemini-2.5-flash-image", { output_format: "webp" }, "output_format"],
		["openrouter/google/gemini-2.5-flash-image", { image_config: { image_size: "4K" } }, "image_config"],
		["siliconflow/Qwen/Qwen-Image", { size: "1024x1024" }, "size"],
		["siliconflow/Qwen/Qwen-Image", { batch_size: 4 }, "batch_size"],
		["workers-ai/@cf/black-forest-labs/flux-1-schnell", { size: "512x512" }, "size"],
		["workers-ai/@cf/black-forest-labs/flux-1-schnell", { "workers-ai": { steps: 9 } }, "workers-ai.steps"],
		["workers-ai/@cf/leonardo/lucid-origin", { "workers-ai": { width: 64 } }, "workers-ai.width"],
	])("to %s for %j is refused by name, and reaches no vendor", async (model, fields, param) => {
		const refused = await failure(draw({ model, ...fields }));
		expect([refused.status, refused.error.param]).toEqual([400, param]);
		expect((await books()).requests).toBe(0);
	});

	it("goes to a server that was added, in the form that its caller wants, at a price for each image", async () => {
		const { SIMULATOR: simulator } = env as unknown as { SIMULATOR: Fetcher };
		vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) =>
			simulator.fetch(`https://simulator/easel${new URL(String(input)).pathname}`, init),
		);
		const painter = { id: "painter", output: ["image"], tools: false, prices: [{ input: 0, output: 0 }] };
		const models = [{ ...painter, rules: { image_fees: { image: 0.04 } } }];
		const server = { name: "easel", base_url: "https://easel.example/v1", credential: "sk-own", models };
		expect((await admin("POST", "/providers", server)).status).toBe(201);
		for (const form of ["url", "b64_json"] as const) {
			const fields = { model: "easel/painter", n: 3, size: "640x480", response_format: form };
			const answer = await (await draw(fields)).json<Images>();
			expect(answer.data.map((image) => Object.keys(image))).toEqual([[form], [form], [form]]);
			expect(answer.usage).toMatchObject({ billed_units: { image: 3 }, cost: 0.12 });
			if (form === "b64_json") expect(pixelsOf(answer.data[2]?.b64_json ?? "")).toEqual([640, 480]);
		}
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it("to every model that draws and is listed is priced and answered", async () => {
		const drawing = BUILT_IN_MODELS.filter(({ output }) => output.includes("image"));
		expect(drawing.length).toBeGreaterThan(9);
		for (const { provider, id } of drawing) {
			const answer = await (await draw({ model: `${provider}/${id}` })).json<Images>();
			expect(answer.usage?.cost, `${provider}/${id}`).toBeGreaterThan(0);
		}
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it("is refused where a budget does not hold for it, and reaches no vendor", async () => {
		const poor = await issueKey({ budgets: [{ limit_usd: "0.1", window: "total" }] });
		const large = await failure(draw({ model: "openai/gpt-image-2", quality: "high" }, {}, poor.key));
		expect([large.status, (await books()).requests]).toEqual([402, 0]);
		expect((await draw({ model: "openai/gpt-image-2", quality: "low" }, {}, poor.key)).status).toBe(200);
	});

	it("goes to no model that chats alone, and a chat to none that draws", async () => {
		const drawn = await failure(draw({ model: "openai/gpt-4o-mini" }));
		expect([drawn.status, drawn.error.code]).toEqual([400, "no_candidate"]);
		expect(drawn.error.message).toContain("operation:images");
		const said = await failure(chat({ model: "openai/gpt-image-2", messages: user("Hi") }));
		expect([said.status, said.error.code]).toEqual([400, "no_candidate"]);
		expect((await books()).requests).toBe(0);
	});

	it("for edits or variations is told that they are not served", async () => {
		for (const path of ["edits", "variations"]) {
			const refused = await failure(
				send(`http://gateway/v1/images/${path}`, {
					method: "POST",
					headers: { authorization: `Bearer ${key.key}` },
					body: "",
				}),
			);
			expect([refused.status, refused.error.code]).toEqual([501, "unsupported_endpoint"]);
		}
	});
});
