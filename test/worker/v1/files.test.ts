import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiKeyObject } from "#durable-objects/api-key/object";
import type { Env } from "#env";
import { ROUTES } from "#http/route-table";
import { runJobs } from "#jobs/jobs";
import { admin, type IssuedKey, issueKey, read } from "#test/worker/admin/admin-client";
import { failure, fault, mend, send, user } from "#test/worker/gateway";

const bindings = env as unknown as Env;
const MODEL = "openai/gpt-5.4-mini";

let owner: IssuedKey;
let stranger: IssuedKey;
beforeAll(async () => {
	owner = await issueKey();
	stranger = await issueKey();
}, 30_000);
afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

const call = (method: string, path: string, { key }: Pick<IssuedKey, "key">, body?: object | FormData) =>
	send(`http://gateway/v1${path}`, {
		method,
		headers: { authorization: `Bearer ${key}` },
		...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
	});

function formOf(text: string, fields: Record<string, string> = {}): FormData {
	const form = new FormData();
	form.append("purpose", "user_data");
	form.append("file", new File([text], "notes – 1.txt", { type: "text/plain" }));
	for (const [name, value] of Object.entries(fields)) form.set(name, value);
	return form;
}

async function uploaded(text = "All of it", key: Pick<IssuedKey, "key"> = owner, fields = {}) {
	const { status, body, text: answer } = await read(await call("POST", "/files", key, formOf(text, fields)));
	if (status !== 200) throw new Error(`${status}: ${answer}`);
	return body as { id: string; expires_at: number | null };
}

/** What lies in the vendor's account. */
async function atVendor(): Promise<{ id: string; filename: string }[]> {
	const response = await send("http://gateway/_simulator/openai/v1/files");
	return (await response.json<{ data: { id: string; filename: string }[] }>()).data;
}

const asking = (id: string, model = MODEL) => ({
	model,
	max_tokens: 20,
	messages: user([
		{ type: "text", text: "Hi" },
		{ type: "file", file: { file_id: id } },
	]),
});

describe("a file", () => {
	it("lies in a vendor's account, and is shown, listed, read and deleted under the gateway's id", async () => {
		const before = (await atVendor()).length;
		const form = formOf("What it says: 漢字");
		const { body: file } = await read(await call("POST", "/files", owner, form));
		expect(file).toEqual({
			id: expect.stringMatching(/^file_[0-9a-f]{32}$/),
			object: "file",
			bytes: new TextEncoder().encode("What it says: 漢字").byteLength,
			created_at: expect.any(Number),
			expires_at: null,
			filename: "notes – 1.txt",
			purpose: "user_data",
			status: "processed",
			provider: "openai",
		});
		const kept = await atVendor();
		expect(kept).toHaveLength(before + 1);
		expect(JSON.stringify(file)).not.toContain(kept.at(-1)?.id);
		expect((await read(await call("GET", `/files/${file.id}`, owner))).body).toEqual(file);
		const listed = await read(await call("GET", "/files?purpose=user_data&limit=1", owner));
		expect(listed.body).toMatchObject({ data: [file], first_id: file.id, last_id: file.id });
		const content = await call("GET", `/files/${file.id}/content`, owner);
		expect(content.headers.get("content-type")).toBe("application/octet-stream");
		expect(await content.text()).toBe("What it says: 漢字");
		expect((await read(await call("DELETE", `/files/${file.id}`, owner))).body).toEqual({
			id: file.id,
			object: "file",
			deleted: true,
		});
		expect(await atVendor()).toHaveLength(before);
		expect((await failure(call("GET", `/files/${file.id}`, owner))).error.code).toBe("file_not_found");
	});

	it("belongs to its team: every key of it reaches it, and no key of another team's does anything with it", async () => {
		const { id } = await uploaded();
		const { body } = await admin("POST", "/keys", { team_id: owner.teamId, name: "another" });
		const sibling = { key: String(body.key) };
		expect((await call("GET", `/files/${id}`, sibling)).status).toBe(200);
		for (const [method, path, asked] of [
			["GET", `/files/${id}`],
			["GET", `/files/${id}/content`],
			["DELETE", `/files/${id}`],
			["POST", "/chat/completions", asking(id)],
			[
				"POST",
				"/responses",
				{ model: MODEL, input: [{ role: "user", content: [{ type: "input_file", file_id: id }] }] },
			],
		] as const) {
			const { status, error } = await failure(call(method, path, stranger, asked));
			expect([method, path, status, error.code]).toEqual([method, path, 404, "file_not_found"]);
		}
		expect((await read(await call("GET", "/files", stranger))).body).toMatchObject({ data: [], has_more: false });
		expect((await call("GET", `/files/${id}/content`, owner)).status).toBe(200);
	});

	it("pages in both orders, and goes with its time", async () => {
		const team = await issueKey();
		const ids: string[] = [];
		for (let count = 0; count < 3; count++) ids.push((await uploaded(`file ${count}`, team)).id);
		const { expires_at: end, id: short } = await uploaded("short", team, {
			"expires_after[anchor]": "created_at",
			"expires_after[seconds]": "3600",
		});
		expect(end).toBeGreaterThan(Date.now() / 1000 + 3_500);
		await bindings.DB.prepare("UPDATE files SET expires_at = 1 WHERE id = ?").bind(short).run();
		const list = async (query: string) => {
			const { body } = await read(await call("GET", `/files?${query}`, team));
			return { ids: (body.data as { id: string }[]).map(({ id }) => id), more: body.has_more };
		};
		expect(await list("order=asc&limit=2")).toEqual({ ids: ids.slice(0, 2), more: true });
		expect(await list(`order=asc&limit=2&after=${ids[1]}`)).toEqual({ ids: ids.slice(2), more: false });
		expect(await list("")).toEqual({ ids: ids.toReversed(), more: false });
		expect((await failure(call("GET", `/files/${short}`, team))).status).toBe(404);
		await runJobs(bindings, 600_000);
		const left = await bindings.DB.prepare("SELECT id FROM files WHERE id = ?").bind(short).first();
		expect(left).toBeNull();
	});

	it.each([
		["no file", () => formOf("x", { file: "x" }), "file"],
		["a purpose that is not served", () => formOf("x", { purpose: "fine-tune" }), "purpose"],
		["a field that is not known", () => formOf("x", { speed: "9" }), "speed"],
	])("is refused with %s", async (_, form, param) => {
		const { status, error } = await failure(call("POST", "/files", owner, form()));
		expect([status, error.param]).toEqual([400, param]);
	});

	it("is refused where no account keeps it, and where the vendor does", async () => {
		const elsewhere = await failure(call("POST", "/files", owner, formOf("x", { provider: "anthropic" })));
		expect([elsewhere.status, elsewhere.error.code]).toEqual([404, "provider_not_found"]);
		const narrow = await issueKey({ providers: ["anthropic"] });
		expect((await failure(call("POST", "/files", narrow, formOf("x")))).error.code).toBe("provider_not_found");
		await fault({ provider: "openai", model: "POST /files", fault: "error", status: 500, times: 1 });
		expect((await failure(call("POST", "/files", owner, formOf("x")))).error.code).toBe("upstream_error");
	});

	it("leaves nothing at the vendor that cannot be written down", async () => {
		const before = (await atVendor()).length;
		const prepare = bindings.DB.prepare.bind(bindings.DB);
		vi.spyOn(bindings.DB, "prepare").mockImplementation((sql) => {
			if (sql.includes("INTO files")) throw new Error("D1 is down");
			return prepare(sql);
		});
		const { status, error } = await failure(call("POST", "/files", owner, formOf("x")));
		expect([status, error.code]).toEqual([503, "files_unavailable"]);
		expect(await atVendor()).toHaveLength(before);
	});
});

describe("a request that names a file", () => {
	it("goes where the file lies, by the vendor's id, without a right to the vendor's state", async () => {
		const { id } = await uploaded();
		for (const model of [MODEL, "gpt-5.4-mini"]) {
			const answer = await call("POST", "/chat/completions", owner, asking(id, model));
			expect(answer.headers.get("x-tollgate-provider"), await answer.text()).toBe("openai");
		}
		const input = [{ role: "user", content: [{ type: "input_file", file_id: id }] }];
		const response = await call("POST", "/responses", owner, { model: MODEL, input, stream: true });
		expect(await response.text()).toContain("response.completed");
	});

	it("is refused for models elsewhere, for files that are gone, and for ids of the vendor's own", async () => {
		const { id } = await uploaded();
		const elsewhere = await failure(call("POST", "/chat/completions", owner, asking(id, "anthropic/claude-haiku-5-5")));
		expect(elsewhere.error).toMatchObject({
			code: "no_candidate",
			message: expect.stringContaining("files_at:openai"),
		});
		const vendorId = (await atVendor()).at(-1)?.id ?? "";
		expect((await failure(call("POST", "/chat/completions", owner, asking(vendorId)))).error.code).toBe(
			"vendor_state_not_allowed",
		);
		await call("DELETE", `/files/${id}`, owner);
		expect((await failure(call("POST", "/chat/completions", owner, asking(id)))).error.code).toBe("file_not_found");
	});
});

describe("a batch", () => {
	const line = (id: string, body: object = {}, url = "/v1/chat/completions") =>
		JSON.stringify({
			custom_id: id,
			method: "POST",
			url,
			body: { model: MODEL, max_completion_tokens: 300, messages: user(`Write ${id.length} words`), ...body },
		});
	const pace = async (body: object) => {
		const response = await send("http://gateway/_simulator/batches", { method: "PUT", body: JSON.stringify(body) });
		expect(response.status).toBe(200);
	};
	const order = (id: string, fields = {}) => ({
		input_file_id: id,
		endpoint: "/v1/chat/completions",
		completion_window: "24h",
		...fields,
	});

	interface Batch {
		id: string;
		status: string;
		cost_usd: string;
		cost_is_estimated: boolean;
		output_file_id: string | null;
		error_file_id: string | null;
		request_counts: object;
	}

	async function paying(limit = "1.00"): Promise<IssuedKey> {
		return issueKey({ budgets: [{ limit_usd: limit, window: "total" }] });
	}

	async function inputOf(lines: readonly string[], key: IssuedKey): Promise<string> {
		return (await uploaded(lines.join("\n"), key, { purpose: "batch" })).id;
	}

	async function begun(lines: readonly string[], key: IssuedKey, fields = {}): Promise<Batch> {
		const { status, body, text } = await read(
			await call("POST", "/batches", key, order(await inputOf(lines, key), fields)),
		);
		if (status !== 200) throw new Error(`${status}: ${text}`);
		return body as unknown as Batch;
	}

	const shown = async (id: string, key: IssuedKey) =>
		(await read(await call("GET", `/batches/${id}`, key))).body as unknown as Batch;

	/**
	 * Waits until what the batch truly cost is booked; a settlement may still be on its way when it is first looked at.
	 */
	async function ended(id: string, key: IssuedKey): Promise<void> {
		await bindings.DB.prepare("UPDATE batches SET looked_at = 0 WHERE id = ?").bind(id).run();
		await vi.waitFor(async () => expect((await shown(id, key)).cost_is_estimated).toBe(false), 5_000);
	}

	/** What the key's budget has settled, in nano-dollars. */
	async function spent(key: IssuedKey): Promise<number> {
		const { body } = await read(await call("GET", "/key", key));
		const [budget] = body.budgets as { settled_usd: string }[];
		return nano(budget?.settled_usd ?? "");
	}

	const nano = (usd: string) => Math.round(Number(usd) * 1e9);
	const books = async () =>
		(await (await send("http://gateway/_simulator/billing")).json<{ total_nano_usd: number }>()).total_nano_usd;

	async function lines(
		id: string | null,
		key: IssuedKey,
	): Promise<{ custom_id: string; response: { body: object } }[]> {
		const text = await (await call("GET", `/files/${id}/content`, key)).text();
		return text
			.trim()
			.split("\n")
			.map((each) => JSON.parse(each));
	}

	beforeEach(async () => {
		await send("http://gateway/_simulator/billing", { method: "DELETE" });
		await pace({ ms: 600_000 });
	});

	it("is charged the most of all its lines when it begins, and what they cost when it has ended, at half the price", async () => {
		const key = await paying();
		const refusedThere = line("ccc", { temperature: 9 });
		const batch = await begun([line("a"), line("bb", { model: "gpt-5.4-mini" }), refusedThere], key, {
			metadata: { of: "mine" },
		});
		expect(batch).toMatchObject({ status: "validating", cost_is_estimated: true, request_counts: { total: 3 } });
		const most = nano(batch.cost_usd);
		expect(most).toBeGreaterThan(0);
		await vi.waitFor(async () => expect(await spent(key)).toBe(most));
		expect(await books()).toBe(0);

		await pace({ ms: 0 });
		// Several look at once: each line is booked once.
		await bindings.DB.prepare("UPDATE batches SET looked_at = 0").run();
		await Promise.all([shown(batch.id, key), shown(batch.id, key), runJobs(bindings, 60_000)]);
		await ended(batch.id, key);
		const done = await shown(batch.id, key);
		const billed = await books();
		expect(done).toMatchObject({
			status: "completed",
			request_counts: { total: 3, completed: 2, failed: 1 },
			metadata: { of: "mine" },
		});
		expect(billed).toBeGreaterThan(0);
		expect([nano(done.cost_usd), await spent(key)]).toEqual([billed, billed]);
		expect((await lines(done.output_file_id, key)).map(({ custom_id }) => custom_id)).toEqual(["a", "bb"]);
		expect((await lines(done.error_file_id, key)).map(({ custom_id }) => custom_id)).toEqual(["ccc"]);
		const { results } = await bindings.DB.prepare("SELECT id FROM files WHERE team_id = ? AND purpose = 'batch_output'")
			.bind(key.teamId)
			.all();
		expect(results).toHaveLength(2);

		const { body: used } = await read(await call("GET", "/usage", key));
		const logged = (used.data as { cost: string; estimated_cost: string }[]).map((row) => [
			row.cost,
			row.estimated_cost,
		]);
		expect(logged.reduce((sum, [cost = ""]) => sum + nano(cost), 0)).toBe(billed);
		expect(logged.reduce((sum, [, estimated = ""]) => sum + nano(estimated), 0)).toBe(0);

		// At the usual price the same costs twice as much.
		await send("http://gateway/_simulator/billing", { method: "DELETE" });
		for (const id of ["a", "bb"]) {
			await (await call("POST", "/chat/completions", key, JSON.parse(line(id)).body)).text();
		}
		expect(await books()).toBe(2 * billed);
	});

	it("that expires or is cancelled is charged what was done of it", async () => {
		const key = await paying();
		const expiring = await begun([line("a"), line("bb"), line("ccc")], key);
		await pace({ ms: 0, expireAfter: 1 });
		await ended(expiring.id, key);
		expect(await shown(expiring.id, key)).toMatchObject({
			status: "expired",
			request_counts: { completed: 1, failed: 2 },
		});
		expect(await spent(key)).toBe(await books());
		await pace({ ms: 600_000 });
		const cancelled = await begun([line("a")], key);
		await call("POST", `/batches/${cancelled.id}/cancel`, key);
		await ended(cancelled.id, key);
		expect(await shown(cancelled.id, key)).toMatchObject({ status: "cancelled", cost_usd: "0" });
		expect(await spent(key)).toBe(await books());
		expect((await failure(call("POST", `/batches/${cancelled.id}/cancel`, key))).error.code).toBe("batch_ended");
	});

	it("is booked line by line, once each, however often that is cut off in the middle", async () => {
		const key = await paying();
		const batch = await begun([line("a"), line("bb"), line("ccc"), line("dddd")], key);
		await vi.waitFor(async () => expect(await spent(key)).toBe(nano(batch.cost_usd)));
		await pace({ ms: 0 });
		const whole = ApiKeyObject.prototype.lateCost;
		let calls = 0;
		vi.spyOn(ApiKeyObject.prototype, "lateCost").mockImplementation(function (this: ApiKeyObject, cost) {
			// The second line is booked and its answer lost; of every other one the object hears nothing at first.
			calls++;
			if (calls === 2) whole.call(this, cost);
			if (calls < 9 && calls % 3 > 0) throw new Error("the object was moved");
			return whole.call(this, cost);
		});
		await bindings.DB.prepare("UPDATE batches SET looked_at = 0").run();
		// To its team it is not over before that, and nothing is wrong.
		expect(await shown(batch.id, key)).toMatchObject({ status: "finalizing", cost_is_estimated: true });
		await ended(batch.id, key);
		expect(calls).toBeGreaterThan(8);
		const billed = await books();
		expect([nano((await shown(batch.id, key)).cost_usd), await spent(key)]).toEqual([billed, billed]);
		await bindings.DB.prepare("UPDATE batches SET created_at = 0, id = 'batch_00' || substr(id, 9) WHERE id = ?")
			.bind(batch.id)
			.run();
		await runJobs(bindings, Date.now() - (Date.now() % 3_600_000));
		const { results } = await bindings.DB.prepare("SELECT id FROM batches WHERE team_id = ?").bind(key.teamId).all();
		expect(results).toEqual([]);
	});

	it("is refused as a whole where the budget does not hold all of it, and by what its vendor refuses", async () => {
		const poor = await paying("0.0005");
		const input = await inputOf([line("a"), line("bb"), line("ccc"), line("dddd")], poor);
		const { status, error } = await failure(call("POST", "/batches", poor, order(input)));
		expect([status, error.code]).toEqual([402, "insufficient_quota"]);
		await vi.waitFor(async () => expect(await spent(poor)).toBe(0));
		const key = await paying();
		await fault({ provider: "openai", model: "POST /batches", fault: "error", status: 400, times: 1 });
		expect((await failure(call("POST", "/batches", key, order(await inputOf([line("a")], key))))).status).toBe(400);
		await vi.waitFor(async () => expect(await spent(key)).toBe(0));
		const { results } = await bindings.DB.prepare("SELECT id FROM batches WHERE team_id = ?").bind(key.teamId).all();
		expect(results).toEqual([]);
	});

	it("whose vendor gave no answer is charged until it is found there, or is known not to be there", async () => {
		const key = await paying();
		await fault({ provider: "openai", model: "POST /batches", fault: "error", status: 500, times: 1 });
		const lost = await begun([line("a"), line("bb")], key);
		await vi.waitFor(async () => expect(await spent(key)).toBe(nano(lost.cost_usd)));
		await bindings.DB.prepare("UPDATE batches SET looked_at = 0").run();
		expect((await shown(lost.id, key)).status).toBe("validating");
		await bindings.DB.prepare("UPDATE batches SET looked_at = 0, created_at = created_at - 1000000 WHERE id = ?")
			.bind(lost.id)
			.run();
		expect(await shown(lost.id, key)).toMatchObject({ status: "failed", cost_usd: "0", cost_is_estimated: false });
		expect(await spent(key)).toBe(0);
		// The answer of this one is lost, and the batch is found.
		const found = await begun([line("a")], key);
		await bindings.DB.prepare("UPDATE batches SET looked_at = 0, vendor_id = NULL WHERE id = ?").bind(found.id).run();
		await pace({ ms: 0 });
		await ended(found.id, key);
		expect((await shown(found.id, key)).status).toBe("completed");
		expect(await spent(key)).toBe(await books());
	});

	it.each([
		["is no JSON", ["{"], "line 1"],
		["has a name twice", [line("a"), "", line("a")], "line 3"],
		["is for another endpoint", [line("a", {}, "/v1/responses")], "url"],
		["is streamed", [line("a", { stream: true })], "streamed"],
		["draws on what a vendor keeps", [line("a", { store: true })], "vendor_state_not_allowed"],
		["uses a tool of the vendor's", [line("a", { web_search_options: {} })], "`a`"],
	])("is refused when a line %s", async (_, written, words) => {
		const input = await inputOf(written, owner);
		const { status, error } = await failure(call("POST", "/batches", owner, order(input)));
		expect([400, 403, 404]).toContain(status);
		expect(error.message).toContain(words);
	});

	it("belongs to its team: to any other team's key it is not there", async () => {
		const batch = await begun([line("a")], owner);
		const input = await inputOf([line("a")], owner);
		for (const [method, path, asked, code] of [
			["GET", `/batches/${batch.id}`, undefined, "batch_not_found"],
			["POST", `/batches/${batch.id}/cancel`, {}, "batch_not_found"],
			["POST", "/batches", order(input), "file_not_found"],
		] as const) {
			const { status, error } = await failure(call(method, path, stranger, asked));
			expect([path, status, error.code]).toEqual([path, 404, code]);
		}
		expect((await read(await call("GET", "/batches", stranger))).body).toMatchObject({ data: [], has_more: false });
		const { body } = await read(await call("GET", "/batches?limit=1", owner));
		expect(body).toMatchObject({ data: [{ id: batch.id }], first_id: batch.id });
	});
});

describe("what is kept for a team", () => {
	/** Of the routes with an id in their path, those to what no team keeps. */
	const OF_ALL = ["models"];

	/** One of each that can be asked for by an id: by the first segment of its path behind the version. */
	async function kept(key: IssuedKey): Promise<Record<string, string>> {
		const made = async (path: string, body: object) => {
			const response = await call("POST", path, key, body);
			expect(response.status, path).toBe(200);
			return { response, id: (await response.json<{ id: string }>()).id };
		};
		await send("http://gateway/_simulator/batches", { method: "PUT", body: JSON.stringify({ ms: 600_000 }) });
		const line = { custom_id: "a", method: "POST", url: "/v1/chat/completions" };
		const lines = JSON.stringify({ ...line, body: { model: MODEL, max_tokens: 20, messages: user("Hi") } });
		const input_file_id = (await uploaded(lines, key, { purpose: "batch" })).id;
		const order = { input_file_id, endpoint: "/v1/chat/completions", completion_window: "24h" };
		const asked = await made("/responses", { model: MODEL, input: "Hi", store: true });
		return {
			files: input_file_id,
			batches: (await made("/batches", order)).id,
			videos: (await made("/videos", { model: "gemini/veo-3.1-fast-generate-preview", prompt: "Hi", seconds: 4 })).id,
			responses: asked.id,
			requests: asked.response.headers.get("x-request-id") ?? "",
		};
	}

	it("is to a key of another team as if it were not there: by every route with an id, and in every body", async () => {
		const key = await issueKey({ stored_responses: true });
		const other = await issueKey({ stored_responses: true });
		const ids = await kept(key);
		const walked: string[] = [];
		/** What is answered, but for the id that was asked for and the request's own. */
		const told = async (method: string, path: string, id: string, body?: object) => {
			const response = await call(method, path, other, body);
			const text = (await response.text()).replaceAll(id, "ID");
			return [response.status, text.replaceAll(response.headers.get("x-request-id") ?? "", "REQUEST")] as const;
		};
		/** Looks as if it were one of these. */
		const never = (id: string) => `${id.slice(0, -6)}${id.endsWith("0000aa") ? "0000bb" : "0000aa"}`;
		for (const { method, path } of ROUTES) {
			const [, resource = ""] = /^\/v1\/(\w+)\/:/.exec(path) ?? [];
			if (resource === "" || OF_ALL.includes(resource)) continue;
			const id = ids[resource] ?? "";
			expect(id, path).not.toBe("");
			const at = (one: string) => path.slice("/v1".length).replace(/:\w+/, one);
			const body = method === "POST" ? {} : undefined;
			const answer = await told(method, at(id), id, body);
			expect([path, answer[0]]).toEqual([path, 404]);
			expect(answer).toEqual(await told(method, at(never(id)), never(id), body));
			walked.push(`${method} ${path}`);
		}
		expect(walked.length).toBeGreaterThan(10);
		const named = (id: string) => [
			["/chat/completions", asking(id)] as const,
			["/batches", { input_file_id: id, endpoint: "/v1/chat/completions", completion_window: "24h" }] as const,
		];
		for (const [at, [path, body]] of named(ids.files ?? "").entries()) {
			const answer = await told("POST", path, ids.files ?? "", body);
			expect([path, answer[0]]).toEqual([path, 404]);
			const [, same] = named(never(ids.files ?? ""))[at] ?? [];
			expect(answer).toEqual(await told("POST", path, never(ids.files ?? ""), same));
		}
		const goingOn = (previous_response_id: string) => ({ model: MODEL, input: "Hi", previous_response_id });
		const response = ids.responses ?? "";
		const answer = await told("POST", "/responses", response, goingOn(response));
		expect(answer[0]).toBe(400);
		expect(answer).toEqual(await told("POST", "/responses", never(response), goingOn(never(response))));
		for (const list of ["files", "batches", "videos"])
			expect((await read(await call("GET", `/${list}`, other))).body, list).toMatchObject({ data: [] });
		// It is all there still.
		for (const [resource, id] of Object.entries(ids)) {
			const still = resource === "requests" ? vi.waitFor : async (look: () => Promise<unknown>) => look();
			await still(async () => expect((await call("GET", `/${resource}/${id}`, key)).status, resource).toBe(200));
		}
	});
});
