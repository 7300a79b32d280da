import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Env } from "#env";
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
