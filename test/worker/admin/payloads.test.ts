import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Env } from "#env";
import { runJobs } from "#jobs/jobs";
import { isolate } from "#simulator/isolate";
import { chat, failure, fault, user } from "#test/worker/gateway";
import { admin, errorOf, type IssuedKey, issueKey } from "./admin-client";

const bindings = env as unknown as Env;
const MODEL = "openai/gpt-6-luna";
const SECRET = "the-secret-question";

beforeEach(async () => {
	const { objects } = (await bindings.PAYLOADS?.list()) ?? { objects: [] };
	await bindings.PAYLOADS?.delete(objects.map(({ key }) => key));
});
afterEach(async () => {
	await fault();
	vi.restoreAllMocks();
});

/** Asks with a key, reads the answer to its end, and waits until all that follows it is done. */
async function ask({ key }: IssuedKey, body: object = {}, headers: Record<string, string> = {}) {
	const put = vi.spyOn(bindings.PAYLOADS as R2Bucket, "put");
	const response = await chat(
		{ model: MODEL, messages: user(SECRET), ...body },
		{ authorization: `Bearer ${key}`, ...headers },
	);
	const text = await response.text();
	const id = String(response.headers.get("x-request-id"));
	// The books are told in the same breath, so by the time they know of it a payload was on its way too.
	await vi.waitFor(async () => expect((await admin("GET", `/requests/${id}`)).status).toBe(200));
	await Promise.all(put.mock.results.map(({ value }) => value));
	put.mockRestore();
	return { id, text, status: response.status };
}

const kept = async () => ((await bindings.PAYLOADS?.list()) ?? { objects: [] }).objects.map(({ key }) => key);
const payload = (id: string) => admin("GET", `/requests/${id}/payload`);
const full = { payloads: { level: "full" } };

describe("a payload", () => {
	test("is not kept unless policy says so", async () => {
		await ask(await issueKey());
		await ask(await issueKey({ payloads: { level: "none" } }));
		await ask(await issueKey({ payloads: { level: "full", sample: 0 } }));
		expect(await kept()).toEqual([]);
	});

	test.each([false, true])("is kept whole where policy says so; streamed: %s", async (stream) => {
		const { id, text } = await ask(await issueKey(full), { stream });
		const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
		expect(await kept()).toEqual([`payloads/${day}/${id}`]);
		const { body } = await payload(id);
		expect(body).toMatchObject({ id, level: "full", request: { model: MODEL, messages: user(SECRET) } });
		expect(body.response).toEqual(stream ? text : JSON.parse(text));
	});

	test("is kept of what fails too", async () => {
		await fault({ provider: "openai", fault: "error", status: 503 });
		const { id, status, text } = await ask(await issueKey(full));
		expect(status).toBe(503);
		expect((await payload(id)).body.response).toEqual(JSON.parse(text));
	});

	test("is its outline where policy says so", async () => {
		for (const stream of [false, true]) {
			const { id } = await ask(await issueKey({ payloads: { level: "metadata" } }), { stream });
			const { text, body } = await payload(id);
			expect(text).not.toContain("secret");
			expect(body).toMatchObject({
				level: "metadata",
				request: { messages: [{ role: "user", content: "[19 characters]" }] },
			});
		}
	});

	test("is as the key's team says where the key says nothing, from the next request on", async () => {
		const key = await issueKey();
		await ask(key);
		await admin("PATCH", `/teams/${key.teamId}`, { payloads: { level: "full" } });
		// Another isolate may go by what it looked up for a minute; it only keeps less by that.
		isolate.renew();
		await ask(key);
		expect(await kept()).toHaveLength(1);
		await admin("PATCH", `/keys/${key.id}`, { payloads: { level: "none" } });
		await ask(key);
		await admin("PATCH", `/keys/${key.id}`, { payloads: null });
		await admin("PATCH", `/teams/${key.teamId}`, { payloads: null });
		await ask(key);
		expect(await kept()).toHaveLength(1);
		expect((await admin("GET", `/teams/${key.teamId}`)).body.payloads).toBeNull();
	});

	test("is less where the caller asks for less, and not more where it asks for more", async () => {
		const key = await issueKey({ payloads: { level: "metadata" } });
		await ask(key, {}, { "x-tollgate-log": "none" });
		expect(await kept()).toEqual([]);
		const { id } = await ask(key, {}, { "x-tollgate-log": "full" });
		expect((await payload(id)).body.level).toBe("metadata");
		const bad = await failure(
			chat({ model: MODEL, messages: user("Hi") }, { authorization: `Bearer ${key.key}`, "x-tollgate-log": "all" }),
		);
		expect(bad).toMatchObject({ status: 400, error: { param: "x-tollgate-log" } });
	});

	test("lies encrypted, and what looks like a credential is not in it at all", async () => {
		const credential = `sk-${"a1B2c3D4".repeat(5)}`;
		const { id } = await ask(await issueKey(full), { messages: user(`${SECRET} ${credential}`) });
		const [path = ""] = await kept();
		const object = await bindings.PAYLOADS?.get(path);
		const bytes = new TextDecoder("latin1").decode(await object?.arrayBuffer());
		expect(bytes).not.toContain("secret");
		const { text } = await payload(id);
		expect(text).toContain(`${SECRET} [credential]`);
		expect(text).not.toContain(credential);
	});

	test("does not open in another's place", async () => {
		const first = await ask(await issueKey(full));
		const second = await ask(await issueKey(full));
		const [a = "", b = ""] = await kept();
		const object = await bindings.PAYLOADS?.get(a);
		await bindings.PAYLOADS?.put(b, await (object as R2ObjectBody).arrayBuffer());
		const moved = await payload(b.endsWith(first.id) ? first.id : second.id);
		expect(moved.status).toBe(409);
		expect(errorOf(moved).code).toBe("payload_unreadable");
	});

	test("is deleted on request, and who read or deleted it is on record", async () => {
		const { id } = await ask(await issueKey(full));
		await payload(id);
		expect((await admin("DELETE", `/requests/${id}/payload`)).body).toMatchObject({ id, deleted: true });
		expect((await payload(id)).status).toBe(404);
		expect(await kept()).toEqual([]);
		const { data } = (await admin("GET", `/audit?kind=payload&subject=${id}`)).body as { data: { action: string }[] };
		expect(data.map(({ action }) => action)).toEqual(["delete", "read"]);
	});

	test("is forgotten after its time", async () => {
		const { id } = await ask(await issueKey(full));
		const day = 86_400_000;
		const due = Math.ceil(Date.now() / 600_000) * 600_000;
		await runJobs(bindings, due + 29 * day);
		expect((await payload(id)).status).toBe(200);
		await runJobs(bindings, due + 31 * day);
		expect(await kept()).toEqual([]);
	});

	test("harms nobody when it cannot be kept", async () => {
		vi.spyOn(bindings.PAYLOADS as R2Bucket, "put").mockRejectedValue(new Error("full"));
		const log = vi.spyOn(console, "error").mockImplementation(() => {});
		const { key } = await issueKey(full);
		const answer = await chat({ model: MODEL, messages: user(SECRET) }, { authorization: `Bearer ${key}` });
		expect(answer.status).toBe(200);
		await answer.text();
		await vi.waitFor(() => expect(log).toHaveBeenCalledOnce());
		expect(String(log.mock.calls[0]?.[0])).not.toContain("secret");
	});

	test.each(["req_nothing", "..%2F..%2Fx", `req_${"f".repeat(32)}`])("of %s is not there", async (id) => {
		expect((await payload(id)).status).toBe(404);
	});

	test.each([
		[{ payloads: { level: "some" } }, "payloads.level"],
		[{ payloads: { level: "full", sample: 2 } }, "payloads.sample"],
		[{ payloads: "full" }, "payloads"],
	])("policy %j is refused", async (fields, param) => {
		const { teamId } = await issueKey();
		for (const answer of [
			await admin("POST", "/keys", { team_id: teamId, name: "a key", ...fields }),
			await admin("PATCH", `/teams/${teamId}`, fields),
		]) {
			expect(answer.status).toBe(400);
			expect(errorOf(answer).param).toBe(param);
		}
	});
});
