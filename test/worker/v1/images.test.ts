import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import { picture } from "#simulator/model/picture";
import { byTurns } from "#test/support/scale";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { chat, failure, fault, LASTING, mend, send, user } from "#test/worker/gateway";
import { settledOf, watchRecords } from "#test/worker/usage/records";

/** Each operation at each vendor: the model, how images are handed over, and how large they come. */
const TABLE = {
	openai: { model: "openai/gpt-image-2", form: "b64_json", pixels: [1024, 1024] },
	"edits of openai": { model: "openai/gpt-image-2", form: "b64_json", pixels: [1024, 1024] },
	gemini: { model: "gemini/gemini-3.1-flash-image-preview", form: "b64_json", pixels: [1024, 1024] },
	"edits of gemini": { model: "gemini/gemini-2.5-flash-image", form: "b64_json", pixels: [1024, 1024] },
	openrouter: { model: "openrouter/google/gemini-2.5-flash-image", form: "b64_json", pixels: [1024, 1024] },
	"edits of openrouter": {
		model: "openrouter/google/gemini-3.1-flash-image-preview",
		form: "b64_json",
		pixels: [1024, 1024],
	},
	siliconflow: { model: "siliconflow/Qwen/Qwen-Image", form: "url", pixels: null },
	"edits of siliconflow": { model: "siliconflow/Qwen/Qwen-Image-Edit-2509", form: "url", pixels: null },
	"workers-ai": {
		model: "workers-ai/@cf/black-forest-labs/flux-1-schnell",
		form: "b64_json",
		pixels: [1024, 1024],
	},
	"workers-ai as a file": { model: "workers-ai/@cf/leonardo/phoenix-1.0", form: "b64_json", pixels: [1024, 1024] },
	"edits of workers-ai": {
		model: "workers-ai/@cf/black-forest-labs/flux-2-klein-4b",
		form: "b64_json",
		pixels: [1024, 1024],
	},
} as const;
const ROWS = Object.entries(TABLE).map(([name, row]) => ({
	name,
	edits: name.startsWith("edits"),
	provider: row.model.slice(0, row.model.indexOf("/")),
	...row,
}));
const PNG = picture("png", 64, 64, "a source");
const JPEG = picture("jpeg", 48, 32, "another");

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

/** Asks for an edit; what is asked comes behind the pictures, the model last. */
function edit(
	fields: Record<string, unknown>,
	pictures: readonly Uint8Array[] = [PNG],
	mask?: Uint8Array,
): Promise<Response> {
	const form = new FormData();
	for (const bytes of pictures) form.append(pictures.length > 1 ? "image[]" : "image", new File([bytes], "source"));
	if (mask !== undefined) form.append("mask", new File([mask], "mask.png", { type: "image/png" }));
	const { model, models = [], ...rest }: Record<string, unknown> = { prompt: "At night", ...fields };
	for (const [name, value] of Object.entries(rest)) form.append(name, String(value));
	for (const target of models as string[]) form.append("models[]", target);
	if (model !== undefined) form.append("model", String(model));
	return sendForm("edits", form);
}

function sendForm(path: string, body: FormData | string): Promise<Response> {
	return send(`http://gateway/v1/images/${path}`, {
		method: "POST",
		headers: { authorization: `Bearer ${key.key}` },
		body,
	});
}

/** Adds a server that speaks OpenAI's protocol, played by the simulator, unless it is there. */
async function addEasel(): Promise<void> {
	const { SIMULATOR: simulator } = env as unknown as { SIMULATOR: Fetcher };
	vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) =>
		simulator.fetch(`https://simulator/easel${new URL(String(input)).pathname}`, init),
	);
	const painter = { id: "painter", output: ["image"], tools: false, prices: [{ input: 0, output: 0 }] };
	const models = [{ ...painter, rules: { image_fees: { image: 0.04 } } }];
	const server = { name: "easel", base_url: "https://easel.example/v1", credential: "sk-own", models };
	expect([201, 409]).toContain((await admin("POST", "/providers", server)).status);
}

/** The events of a stream, as far as it came. */
async function eventsOf(
	response: Response,
): Promise<(Images & { type?: string; b64_json?: string; error?: { code: string } })[]> {
	expect(response.headers.get("content-type")).toContain("text/event-stream");
	const text = await response.text();
	return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data));
}

async function books(): Promise<{ total_nano_usd: number; requests: number }> {
	return (await send("http://gateway/_simulator/billing")).json();
}

/** Where a vendor's own words say more than its status, or than those of others do. */
const OWN_WORDS: Readonly<Record<string, readonly [status: number, code: string]>> = {
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

describe.each(ROWS)("images, $name", ({ name: is, provider, model, edits, form, pixels }) => {
	const other = form === "url" ? "b64_json" : "url";
	const ask = (fields: Record<string, unknown> = {}) =>
		edits ? edit({ model, ...fields }) : draw({ model, ...fields });

	it("come as pictures, as many as were asked for, and are charged what the vendor bills", async () => {
		const recordOf = watchRecords();
		for (const fields of [{}, { n: 2 }]) {
			const response = await ask(fields);
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

	it("say what is wrong with an answer that is none, and are charged no less than the vendor bills", async () => {
		for (const [name, wrong, ...usual] of byTurns(
			[
				["an error", { fault: "error", status: 500 }, 502, "upstream_error"],
				["a limit on rate", { fault: "error", status: 429, headers: LASTING }, 429, "rate_limit_exceeded"],
				["an empty body", { fault: "empty" }, 502, "upstream_invalid_response"],
				["an answer without images", { fault: "says_nothing" }, 502, "upstream_invalid_response"],
				["a web page", { fault: "html" }, 502, "upstream_invalid_response"],
				["an answer that is no JSON", { fault: "garbage" }, 502, "upstream_invalid_response"],
				["a cut connection", { fault: "cut_mid_stream" }, 502, "upstream_error"],
				["an error in a success", { fault: "error_frame" }, 502, "upstream_error"],
			] as const,
			ROWS.findIndex((row) => row.name === is),
			3,
		)) {
			await fault({ provider, ...wrong });
			const refused = await failure(ask());
			expect([name, refused.status, refused.error.code]).toEqual([
				name,
				...(OWN_WORDS[`${provider}: ${name}`] ?? usual),
			]);
			await mend();
		}
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});

	it("come from a vendor that takes its time", async () => {
		await fault({ provider, fault: "slow", ms: 20 });
		expect((await ask()).status).toBe(200);
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it("that the vendor will not draw are told so", async () => {
		const refused = await failure(ask({ prompt: "[[unsafe]]" }));
		expect([refused.status, refused.error.message]).toEqual([
			400,
			expect.stringMatching(/safety|prohibited|drew nothing|NSFW/),
		]);
		// What the vendor says it used is what is charged.
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it("are not handed over in a form that the vendor does not have", async () => {
		const refused = await failure(ask({ response_format: other }));
		expect([refused.status, refused.error.code, refused.error.param]).toEqual([
			400,
			"unsupported_parameter",
			"response_format",
		]);
		expect((await ask({ response_format: form })).status).toBe(200);
	});
});

describe("a request for images", () => {
	it.each([
		["no prompt", { prompt: undefined }, "prompt"],
		["an empty prompt", { prompt: "" }, "prompt"],
		["none", { n: 0 }, "n"],
		["too many", { n: 11 }, "n"],
		["a size that is none", { size: "large" }, "size"],
		["a stream of several", { stream: true, n: 2 }, "n"],
		["parts of images without a stream", { partial_images: 2 }, "partial_images"],
		["too many parts of images", { stream: true, partial_images: 4 }, "partial_images"],
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

	it("is billed at Workers AI by what goes in and comes out, by tiles for each step or by megapixels", async () => {
		const flux = "workers-ai/@cf/black-forest-labs/flux-2";
		const unitsOf = async (response: Promise<Response>) => (await (await response).json<Images>()).usage.billed_units;
		expect(await unitsOf(draw({ model: `${flux}-dev`, "workers-ai": { steps: 10 } }))).toEqual({
			...{ tile: 40, input_tile: 0 },
		});
		const pictures = [PNG, JPEG];
		expect(await unitsOf(edit({ model: `${flux}-dev`, size: "512x512", n: 2 }, pictures))).toEqual({
			...{ tile: 50, input_tile: 100 },
		});
		expect(await unitsOf(edit({ model: `${flux}-klein-4b`, size: "1920x1080" }, pictures))).toEqual({
			...{ tile: 12, input_tile: 2 },
		});
		expect(await unitsOf(edit({ model: `${flux}-klein-9b`, size: "1920x1080" }))).toEqual({ image: 1, megapixel: 3 });
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
		["workers-ai/@cf/black-forest-labs/flux-2-dev", { size: "640x480" }, "size"],
		["workers-ai/@cf/black-forest-labs/flux-2-klein-9b", { "workers-ai": { steps: 8 } }, "workers-ai.steps"],
		[
			"workers-ai/@cf/black-forest-labs/flux-2-dev",
			{ "workers-ai": { input_image_0: "x" } },
			"workers-ai.input_image_0",
		],
	])("to %s for %j is refused by name, and reaches no vendor", async (model, fields, param) => {
		const refused = await failure(draw({ model, ...fields }));
		expect([refused.status, refused.error.param]).toEqual([400, param]);
		expect((await books()).requests).toBe(0);
	});

	it("goes to a server that was added, in the form that its caller wants, at a price for each image", async () => {
		await addEasel();
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
		for (const { provider, id, traits } of drawing) {
			const ask = traits.edits_only === true ? edit : draw;
			const answer = await (await ask({ model: `${provider}/${id}` })).json<Images>();
			expect(answer.usage?.cost, `${provider}/${id}`).toBeGreaterThan(0);
		}
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it("passes over models that do not make its size, by an alias or `auto`, and names it where none does", async () => {
		const cf = "workers-ai/@cf";
		const models = [`${cf}/black-forest-labs/flux-1-schnell`, `${cf}/leonardo/lucid-origin`];
		const listed = await draw({ models, size: "1920x1080" });
		expect(listed.headers.get("x-tollgate-model")).toBe("@cf/leonardo/lucid-origin");
		const chosen = await draw({ model: "auto", provider: { only: ["workers-ai"] }, size: "1120x1120" });
		expect(chosen.status, JSON.stringify(await chosen.clone().json()).slice(0, 300)).toBe(200);
		expect(chosen.headers.get("x-tollgate-model")).toMatch(/^@cf\/leonardo\//);
		expect((await books()).requests).toBe(2);
		const none = await failure(draw({ models, size: "640x480" }));
		expect([none.status, none.error.code]).toEqual([400, "no_candidate"]);
		expect(none.error.message).toMatch(/flux-1-schnell \(capability:size\), .*lucid-origin \(capability:size\)/);
		expect((await books()).requests).toBe(2);
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
});

describe("an edit of pictures", () => {
	const model = "openai/gpt-image-2";

	it("takes several with a mask, and is charged for what the model sees of them", async () => {
		const response = await edit({ model, quality: "low", input_fidelity: "high", n: 2 }, [PNG, JPEG], PNG);
		const answer = await response.json<Images & { usage: { input_tokens_details: object } }>();
		expect(answer.data).toHaveLength(2);
		expect(answer.usage).toMatchObject({ output_tokens: 544, input_tokens_details: { image_tokens: 3 * 258 } });
		// Eight dollars per million tokens of pictures, five of text, thirty of what is drawn.
		expect(answer.usage.cost).toBeCloseTo((774 * 8 + (answer.usage.input_tokens - 774) * 5 + 544 * 30) / 1e6, 9);
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it.each([
		["openai", [model, "gemini/gemini-2.5-flash-image"]],
		["gemini", ["gemini/gemini-2.5-flash-image", model]],
	])("goes on with the same pictures when %s fails, in the next target's protocol", async (provider, models) => {
		await fault({ provider, fault: "error", status: 500 });
		const served = await edit({ models });
		expect([served.status, served.headers.get("x-tollgate-attempts")?.split(",").length]).toEqual([200, 2]);
		expect((await served.json<Images>()).data).toHaveLength(1);
	});

	it.each([
		["what is no picture", { model }, [new TextEncoder().encode("a text")], "image"],
		["one among several that is none", { model }, [PNG, new Uint8Array(8)], "image[1]"],
		["no prompt", { model, prompt: "" }, [PNG], "prompt"],
		["no number", { model, n: "two" }, [PNG], "n"],
		["a mask where there is none", { model: "gemini/gemini-2.5-flash-image" }, [PNG], "mask"],
		["another size where it stays", { model: "siliconflow/Qwen/Qwen-Image-Edit-2509", size: "64x64" }, [PNG], "size"],
		[
			"five pictures where four go",
			{ model: "workers-ai/@cf/black-forest-labs/flux-2-dev" },
			Array(5).fill(PNG),
			"image",
		],
		[
			"a picture larger than is taken",
			{ model: "workers-ai/@cf/black-forest-labs/flux-2-dev" },
			[picture("png", 600, 8, "wide")],
			"image",
		],
		["four pictures where three go", { model: "siliconflow/Qwen/Qwen-Image-Edit-2509" }, [PNG, PNG, PNG, PNG], "image"],
	])("is refused before anything is sent when it has %s", async (_, fields, pictures, param) => {
		const refused = await failure(edit(fields, pictures, param === "mask" ? PNG : undefined));
		expect([refused.status, refused.error.param]).toEqual([400, param]);
		expect((await books()).requests).toBe(0);
	});

	it("is refused without pictures, as JSON, and by models that do not see", async () => {
		const bare = await failure(edit({ model }, []));
		expect([bare.status, bare.error.param]).toEqual([400, "image"]);
		expect((await failure(sendForm("edits", JSON.stringify({ model, prompt: "At night" })))).status).toBe(400);
		const blind = await failure(edit({ model: "workers-ai/@cf/leonardo/lucid-origin" }));
		expect([blind.status, blind.error.param]).toEqual([400, "image"]);
		const drawn = await failure(draw({ model: "siliconflow/Qwen/Qwen-Image-Edit-2509" }));
		expect([drawn.status, drawn.error.param]).toEqual([400, "model"]);
		expect((await books()).requests).toBe(0);
	});

	it("and a variation go to a server that was added, in its own words", async () => {
		await addEasel();
		const changed = await edit({ model: "easel/painter", response_format: "b64_json" }, [PNG, JPEG], PNG);
		expect((await changed.json<Images>()).usage).toMatchObject({ billed_units: { image: 1 }, cost: 0.04 });
		const form = new FormData();
		form.append("image", new File([PNG], "source.png", { type: "image/png" }));
		form.append("n", "2");
		form.append("model", "easel/painter");
		const varied = await (await sendForm("variations", form)).json<Images>();
		expect([varied.data.length, varied.usage.cost]).toEqual([2, 0.08]);
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
		form.set("model", model);
		const refused = await failure(sendForm("variations", form));
		expect([refused.status, refused.error.param]).toEqual([400, "model"]);
	});
});

describe("a stream of an image", () => {
	const model = "openai/gpt-image-2";
	const asked = { model, stream: true, partial_images: 2, quality: "low" };

	it.each(["image_generation", "image_edit"])("shows it as it comes, and charges for that: %s", async (name) => {
		const events = await eventsOf(await (name === "image_edit" ? edit(asked) : draw(asked)));
		const part = `${name}.partial_image`;
		expect(events.map(({ type }) => type)).toEqual([part, part, `${name}.completed`]);
		expect(events[1]).toMatchObject({ partial_image_index: 1, size: "1024x1024", quality: "low" });
		for (const { b64_json } of events) expect(pixelsOf(b64_json ?? "")).toEqual([1024, 1024]);
		// Each that is shown costs a hundred tokens more.
		expect(events[2]?.usage).toMatchObject({ output_tokens: 272 + 2 * 100 });
		const { total_nano_usd: truth } = await books();
		expect(Math.round((events[2]?.usage.cost ?? 0) * 1e9)).toBe(truth);
		expect(await settledOf(key.id)).toBe(truth);
	});

	it("is one event where the vendor streams none", async () => {
		const events = await eventsOf(await draw({ ...asked, model: "gemini/gemini-2.5-flash-image" }));
		expect(events.map(({ type }) => type)).toEqual(["image_generation.completed"]);
		expect(await settledOf(key.id)).toBe((await books()).total_nano_usd);
	});

	it.each([
		["is cut after a part of it", { fault: "cut_mid_stream", after: 1 }],
		["ends as if complete after a part of it", { fault: "clean_eof_mid_stream", after: 1 }],
		["fails after a part of it", { fault: "error_frame", after: 1 }],
		["turns to garbage after a part of it", { fault: "garbage", after: 1 }],
	])("that %s ends in an error, charged no less than the vendor bills", async (_, wrong) => {
		await fault({ provider: "openai", ...wrong });
		const events = await eventsOf(await draw(asked));
		expect(events.at(0)?.type).toBe("image_generation.partial_image");
		expect(events.at(-1)?.error).toMatchObject({ code: expect.stringMatching(/^upstream_/) });
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});

	it("is an honest status where nothing of it came", async () => {
		for (const [wrong, status] of [
			[{ fault: "error", status: 500 }, 502],
			[{ fault: "error", status: 429, headers: LASTING }, 429],
			[{ fault: "empty" }, 502],
			[{ fault: "says_nothing" }, 502],
			[{ fault: "html" }, 502],
			[{ fault: "garbage" }, 502],
			[{ fault: "error_frame", after: 0 }, 502],
		] as const) {
			await fault({ provider: "openai", ...wrong });
			expect([wrong.fault, (await failure(draw(asked))).status]).toEqual([wrong.fault, status]);
			await mend();
		}
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});

	it("that its caller leaves is charged no less than the vendor bills", async () => {
		await fault({ provider: "openai", fault: "hang_after_headers", after: 1 });
		const recordOf = watchRecords();
		const response = await draw(asked);
		const reader = response.body?.getReader();
		expect((await reader?.read())?.done).toBe(false);
		await reader?.cancel();
		expect(await recordOf(response)).toMatchObject({ attempts: [{ end: "cut", estimated: true }] });
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});
});
