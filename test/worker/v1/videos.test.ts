import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiKeyObject } from "#durable-objects/api-key/object";
import type { Env } from "#env";
import { runJobs } from "#jobs/jobs";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { failure, fault, mend, send } from "#test/worker/gateway";
import { settledOf } from "#test/worker/usage/records";

const bindings = env as unknown as Env;

/** A model of each vendor, and its full price in dollars for what is asked for. */
const VENDORS = {
	openrouter: { model: "openrouter/google/veo-3.1", asks: { seconds: 4, size: "1280x720" }, price: 1.6, truth: 1.44 },
	siliconflow: { model: "siliconflow/Wan-AI/Wan2.2-T2V-A14B", asks: {}, price: 0.29, truth: 0.29 },
	gemini: { model: "gemini/veo-3.1-generate-preview", asks: { seconds: 8, size: "2160x3840" }, price: 4.8, truth: 4.8 },
} as const;
const NAMES = Object.keys(VENDORS) as (keyof typeof VENDORS)[];

/** How a vendor fails, and the statuses that tell of it. */
const WRONG = [
	["an error", { fault: "error", status: 500 }, [502]],
	["a limit on rate", { fault: "error", status: 429 }, [429, 503]],
	["an empty body", { fault: "empty" }, [502]],
	["a web page", { fault: "html" }, [502]],
	["a connection that is reset", { fault: "reset" }, [502]],
] as const;

interface Video {
	id: string;
	object: string;
	model: string;
	status: string;
	progress: number;
	seconds: string;
	size: string;
	prompt: string | null;
	error: { code: string; message: string } | null;
	usage: { cost: number; estimated?: true };
}

let key: IssuedKey;
let now: number;
beforeEach(async () => {
	key = await issueKey({ budgets: [{ limit_usd: "10", window: "total" }] });
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
	now = Date.now();
});
afterEach(async () => {
	vi.useRealTimers();
	vi.restoreAllMocks();
	await mend();
});

/** Lets the gateway's clock pass, so that it asks a provider again. */
function pass(ms: number): void {
	now += ms;
	vi.useFakeTimers({ toFake: ["Date"], now });
}

/** The clock's jobs run each minute, more often than a vendor needs. */
async function followed(): Promise<void> {
	for (let minute = 0; minute < 4; minute++) {
		pass(60_000);
		await runJobs(bindings, now);
	}
}

function call(method: string, path = "", by = key.key): Promise<Response> {
	return send(`http://gateway/v1/videos${path}`, { method, headers: { authorization: `Bearer ${by}` } });
}

function create(body: object): Promise<Response> {
	return send("http://gateway/v1/videos", {
		method: "POST",
		headers: { authorization: `Bearer ${key.key}`, "content-type": "application/json" },
		body: JSON.stringify({ prompt: "A lighthouse at dusk", ...body }),
	});
}

async function begun(body: object): Promise<Video> {
	const response = await create(body);
	const video = await response.json<Video>();
	expect(response.status, JSON.stringify(video)).toBe(200);
	return video;
}

async function shown(id: string, by = key.key): Promise<Video> {
	return (await call("GET", `/${id}`, by)).json<Video>();
}

async function billed(): Promise<number> {
	const books = await (await send("http://gateway/_simulator/billing")).json<{ total_nano_usd: number }>();
	return books.total_nano_usd;
}

describe.each(NAMES)("videos of %s", (name) => {
	const { model, asks, price, truth } = VENDORS[name];

	it("are jobs that are charged in full when they begin, and what the vendor bills when they are over", async () => {
		const video = await begun({ model, ...asks });
		expect(video).toMatchObject({ object: "video", status: "queued", usage: { cost: price, estimated: true } });
		expect(video).toMatchObject({ prompt: "A lighthouse at dusk", model: model.slice(name.length + 1) });
		expect(await settledOf(key.id)).toBe(price * 1e9);
		expect(await billed()).toBe(0);
		// Asked again at once, the vendor is left alone.
		expect(await shown(video.id)).toMatchObject({ status: "queued", prompt: null });
		pass(6_000);
		expect(await shown(video.id)).toMatchObject({ status: expect.stringMatching(/queued|in_progress/) });
		expect((await failure(call("GET", `/${video.id}/content`))).error.code).toBe("video_not_ready");
		pass(6_000);
		const done = await shown(video.id);
		expect(done).toMatchObject({ status: "completed", progress: 100, usage: { cost: truth } });
		expect(done.usage).not.toHaveProperty("estimated");
		expect(await settledOf(key.id)).toBe(Math.round(truth * 1e9));
		expect(await billed()).toBe(Math.round(truth * 1e9));
		const file = await call("GET", `/${video.id}/content`);
		expect(file.headers.get("content-type")).toBe("video/mp4");
		const bytes = new Uint8Array(await file.arrayBuffer());
		expect(new TextDecoder("latin1").decode(bytes.slice(4, 12))).toBe("ftypisom");
		const seconds = new DataView(bytes.buffer).getUint32(new TextDecoder("latin1").decode(bytes).indexOf("mvhd") + 20);
		expect(seconds).toBe(Number(video.seconds) * 1_000);
	});

	it("that fail cost nothing", async () => {
		const video = await begun({ model, ...asks, prompt: "[[fails]]" });
		expect(await settledOf(key.id)).toBe(price * 1e9);
		pass(6_000);
		await shown(video.id);
		pass(6_000);
		expect(await shown(video.id)).toMatchObject({ status: "failed", usage: { cost: 0 } });
		expect(await settledOf(key.id)).toBe(0);
		expect(await failure(call("GET", `/${video.id}/content`))).toMatchObject({ error: { code: "video_not_ready" } });
	});

	it("are booked once, however often the key's object fails before and after it has done so", async () => {
		const video = await begun({ model, ...asks });
		expect(await settledOf(key.id)).toBe(price * 1e9);
		const whole = ApiKeyObject.prototype.lateCost;
		let calls = 0;
		vi.spyOn(ApiKeyObject.prototype, "lateCost").mockImplementation(function (this: ApiKeyObject, cost) {
			// The fourth call books, and nothing is heard of it.
			if (++calls === 4) whole.call(this, cost);
			if (calls < 7) throw new Error("the object was moved");
			return whole.call(this, cost);
		});
		for (let look = 0; look < 3; look++) {
			pass(6_000);
			await shown(video.id);
		}
		expect(await shown(video.id)).toMatchObject({ status: "completed" });
		await followed();
		expect(calls).toBeGreaterThan(6);
		expect([await settledOf(key.id), await billed()]).toEqual([Math.round(truth * 1e9), Math.round(truth * 1e9)]);
		const before = calls;
		await followed();
		expect(calls).toBe(before);
	});

	it.each(WRONG)(
		"are none where the vendor answers with %s, and charged no less than it bills",
		async (_, wrong, statuses) => {
			await fault({ provider: name, ...wrong });
			const refused = await failure(create({ model, ...asks }));
			expect(statuses).toContain(refused.status);
			expect(await settledOf(key.id)).toBeGreaterThanOrEqual(await billed());
			expect(await (await call("GET", "")).json()).toMatchObject({ data: [] });
		},
	);

	it("stand as they stood while what is said of them makes no sense, and are over all the same", async () => {
		const video = await begun({ model, ...asks });
		expect(await settledOf(key.id)).toBe(price * 1e9);
		for (const [what, wrong] of WRONG) {
			await fault({ provider: name, ...wrong, model: "GET /videos", times: 1 });
			pass(6_000);
			expect(await shown(video.id), what).toMatchObject({ status: "queued" });
		}
		await mend();
		for (let look = 0; look < 2; look++) {
			pass(6_000);
			await shown(video.id);
		}
		expect(await shown(video.id)).toMatchObject({ status: "completed" });
		expect(await settledOf(key.id)).toBe(await billed());
	});

	it("that nobody asks about are followed by the clock", async () => {
		await begun({ model, ...asks });
		expect(await settledOf(key.id)).toBe(price * 1e9);
		await followed();
		expect(await settledOf(key.id)).toBe(Math.round(truth * 1e9));
		const before = await billed();
		pass(3_600_000);
		await runJobs(bindings, now);
		expect(await billed()).toBe(before);
	});
});

describe("a job", () => {
	const { model } = VENDORS.gemini;

	it("is its team's: another key of the team sees it, and no other team does", async () => {
		const video = await begun({ model });
		const { body } = await admin("POST", "/keys", { team_id: key.teamId, name: "a colleague" });
		expect(await shown(video.id, String(body.key))).toMatchObject({ id: video.id });
		const stranger = await issueKey();
		for (const [method, path] of [
			["GET", `/${video.id}`],
			["GET", `/${video.id}/content`],
			["DELETE", `/${video.id}`],
		] as const) {
			expect((await failure(call(method, path, stranger.key))).error.code).toBe("video_not_found");
		}
		expect(await (await call("GET", "", stranger.key)).json()).toMatchObject({ data: [], has_more: false });
	});

	it("is listed page by page until it is deleted, and its cost is booked all the same", async () => {
		const ids: string[] = [];
		for (const prompt of ["one", "two [[fails]]", "three"]) ids.push((await begun({ model, prompt })).id);
		const list = async (query: string) => (await call("GET", query)).json<{ data: Video[]; has_more: boolean }>();
		const first = await list("?limit=2");
		expect(first.data.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
		expect(first.has_more).toBe(true);
		expect((await list(`?limit=2&after=${ids[1]}`)).data.map(({ id }) => id)).toEqual([ids[0]]);
		expect((await list("?order=asc&limit=1")).data.map(({ id }) => id)).toEqual([ids[0]]);
		expect(await (await call("DELETE", `/${ids[1]}`)).json()).toMatchObject({ id: ids[1], deleted: true });
		expect((await failure(call("GET", `/${ids[1]}`))).error.code).toBe("video_not_found");
		expect(await settledOf(key.id)).toBe(9.6e9);
		await followed();
		expect(await settledOf(key.id)).toBe(6.4e9);
	});

	it("stands as it stood while its vendor does not answer, and is not asked about twice in five seconds", async () => {
		const video = await begun({ model });
		await fault({ provider: "gemini", fault: "error", status: 500, model: "GET /videos", times: 1 });
		pass(6_000);
		expect(await shown(video.id)).toMatchObject({ status: "queued" });
		pass(4_000);
		expect(await shown(video.id)).toMatchObject({ status: "queued" });
		pass(2_000);
		expect(await shown(video.id)).toMatchObject({ status: "in_progress" });
	});

	it("that is never over is given up after a day, and stays charged", async () => {
		const video = await begun({ model, prompt: "[[never]]" });
		for (const ms of [60_000, 86_400_000]) {
			pass(ms);
			await runJobs(bindings, now);
		}
		expect(await shown(video.id)).toMatchObject({ status: "in_progress" });
		await fault({ provider: "gemini", fault: "error", status: 404, model: "GET /videos" });
		pass(6_000);
		expect(await shown(video.id)).toMatchObject({ status: "failed", error: { code: "video_lost" } });
		expect(await settledOf(key.id)).toBe(3.2e9);
	});

	it("may begin with a picture, in JSON and as a file of a form", async () => {
		const picture = "data:image/png;base64,iVBORw0KGgo=";
		const i2v = "siliconflow/Wan-AI/Wan2.2-I2V-A14B";
		await begun({ model: i2v, input_reference: { image_url: picture } });
		const form = new FormData();
		for (const [field, value] of Object.entries({ model: i2v, prompt: "A lighthouse", size: "960x960" }))
			form.set(field, value);
		form.set("input_reference", new File([Uint8Array.of(0x89, 0x50)], "a.png", { type: "image/png" }));
		const headers = { authorization: `Bearer ${key.key}` };
		const response = await send("http://gateway/v1/videos", { method: "POST", headers, body: form });
		expect(await response.json()).toMatchObject({ status: "queued", size: "960x960" });
		expect((await failure(create({ model: i2v }))).status).toBe(400);
	});

	it.each([
		["a length that the model does not make", { seconds: 5 }, "seconds"],
		["a size that the model does not make", { size: "640x480" }, "size"],
		["a length that is none", { seconds: "long" }, "seconds"],
		["no prompt", { prompt: "" }, "prompt"],
		["a picture by id", { input_reference: { file_id: "file_1" } }, "input_reference.file_id"],
	])("is refused for %s", async (_, fields, param) => {
		expect(await failure(create({ model, ...fields }))).toMatchObject({ status: 400, error: { param } });
		expect(await settledOf(key.id)).toBe(0);
	});

	it("that its budget does not afford is refused before its vendor hears of it", async () => {
		const poor = await issueKey({ budgets: [{ limit_usd: "3", window: "total" }] });
		key = poor;
		expect((await failure(create({ model }))).status).toBe(402);
		await begun({ model, seconds: 6 });
		expect((await failure(create({ model, seconds: 6 }))).status).toBe(402);
	});
});
