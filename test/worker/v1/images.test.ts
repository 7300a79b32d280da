import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { chat, failure, fault, mend, send, user } from "#test/worker/gateway";
import { settledOf, watchRecords } from "#test/worker/usage/records";

/** A model of each vendor, and how it hands its images over. */
const VENDORS = {
	openai: { model: "openai/gpt-image-2", form: "b64_json", other: "url" },
} as const;
type Vendor = keyof typeof VENDORS;
const NAMES = Object.keys(VENDORS) as Vendor[];

interface Images {
	created: number;
	model: string;
	size?: string;
	quality?: string;
	data: { b64_json?: string; url?: string }[];
	usage: { input_tokens: number; output_tokens: number; total_tokens: number; cost: number; estimated?: true };
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

/** Width and height of a PNG file in base64. */
function pixelsOf(base64: string): [number, number] {
	const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
	expect([...bytes.slice(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
	const view = new DataView(bytes.buffer);
	return [view.getUint32(16), view.getUint32(20)];
}

describe.each(NAMES)("images of %s", (vendor) => {
	const { model, form, other } = VENDORS[vendor];

	it("come as pictures, as many as were asked for, and are charged what the vendor bills", async () => {
		const recordOf = watchRecords();
		for (const fields of [{}, { n: 2 }]) {
			const response = await draw({ model, ...fields });
			const answer = await response.json<Images>();
			expect(response.status, JSON.stringify(answer).slice(0, 500)).toBe(200);
			expect(answer.data).toHaveLength("n" in fields ? 2 : 1);
			for (const image of answer.data) {
				expect(Object.keys(image)).toEqual([form]);
				if (form === "b64_json") expect(pixelsOf(image.b64_json ?? "")).toEqual([1024, 1024]);
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
	] as const)(
		"says what is wrong with %s, and charges no less than the vendor bills",
		async (_, wrong, status, code) => {
			await fault({ provider: vendor, ...wrong });
			const refused = await failure(draw({ model }));
			expect([refused.status, refused.error.code]).toEqual([status, code]);
			expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
		},
	);

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

	it("is refused where a budget does not hold for it, and reaches no vendor", async () => {
		const poor = await issueKey({ budgets: [{ limit_usd: "0.1", window: "total" }] });
		const large = await failure(draw({ model: "openai/gpt-image-2", quality: "high" }, {}, poor.key));
		expect([large.status, (await books()).requests]).toEqual([402, 0]);
		expect((await draw({ model: "openai/gpt-image-2", quality: "low" }, {}, poor.key)).status).toBe(200);
	});

	it("that the vendor's safety system refuses is told so", async () => {
		const refused = await failure(draw({ model: "openai/gpt-image-2", prompt: "[[unsafe]]" }));
		expect(refused.status).toBe(400);
		expect(refused.error.message).toContain("safety system");
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
