import { describe, expect, it, vi } from "vitest";
import { ResponseStore } from "#gateway/record/response-store";

const NOW = 1_700_000_000_000;
const hex = (at: number) => at.toString(16).padStart(12, "0");
const idOf = (at: number) => `resp_${hex(at)}${"0".repeat(20)}`;
const owner = { keyId: "key_1", teamId: "team_1" };
const stored = (id: string) => ({ history: [], input: [], response: { id, output: [] } });
const config = { credentialsSecret: "s".repeat(32) };

/** A bucket in memory: what is put is there once `arrive` is called, or at once without one. */
function bucketOf(arrive: Promise<void> = Promise.resolve()) {
	const objects = new Map<string, Blob>();
	const bucket = {
		put: async (path: string, body: Blob) => {
			await arrive;
			objects.set(path, body);
		},
		get: vi.fn(async (path: string) => objects.get(path) ?? null),
		head: async (path: string) => objects.get(path) ?? null,
		delete: async (path: string) => void objects.delete(path),
	};
	return { on: { env: { PAYLOADS: bucket as unknown as R2Bucket }, config }, bucket, objects };
}

const parsed = (bytes: Uint8Array | null) => bytes && JSON.parse(new TextDecoder().decode(bytes));

describe("the store of answers", () => {
	it("waits for what this isolate is storing", async () => {
		const { promise, resolve } = Promise.withResolvers<void>();
		const { on } = bucketOf(promise);
		const sleep = vi.fn();
		const store = new ResponseStore(() => NOW, sleep);
		const kept = store.keep(on, owner, stored(idOf(NOW)));
		const found = store.find(on, owner, idOf(NOW));
		resolve();
		await kept;
		expect(parsed(await found)).toEqual(stored(idOf(NOW)));
		expect(sleep).not.toHaveBeenCalled();
	});

	it("looks again for a young answer, which another isolate may be storing, and not for an old one", async () => {
		const { on, bucket } = bucketOf();
		const other = new ResponseStore(() => NOW, vi.fn());
		const sleep = vi.fn(async () => {
			if (sleep.mock.calls.length === 2) await other.keep(on, owner, stored(idOf(NOW)));
		});
		const store = new ResponseStore(() => NOW, sleep);
		expect(parsed(await store.find(on, owner, idOf(NOW)))).toEqual(stored(idOf(NOW)));
		expect(sleep).toHaveBeenCalledTimes(2);
		bucket.get.mockClear();
		expect(await store.find(on, owner, idOf(NOW - 3_600_000))).toBeNull();
		expect(bucket.get).toHaveBeenCalledOnce();
	});

	it("finds nothing of another key or team, under another secret, or under what is no id of its own", async () => {
		const { on, objects } = bucketOf();
		const store = new ResponseStore(() => NOW + 3_600_000, vi.fn());
		await store.keep(on, owner, stored(idOf(NOW)));
		const [path] = [...objects.keys()];
		expect(path).toBe(`responses/2023/11/14/key_1/${idOf(NOW)}`);
		expect(await store.find(on, { ...owner, keyId: "key_2" }, idOf(NOW))).toBeNull();
		expect(await store.find(on, { ...owner, teamId: "team_2" }, idOf(NOW))).toBeNull();
		expect(await store.find({ ...on, config: { credentialsSecret: "t".repeat(32) } }, owner, idOf(NOW))).toBeNull();
		for (const id of ["resp_1", `req_${hex(NOW)}${"0".repeat(20)}`, "../x"]) {
			expect(await store.find(on, owner, id)).toBeNull();
		}
		expect(await store.remove(on, owner, "../x")).toBe(false);
		expect(await store.remove(on, owner, idOf(NOW))).toBe(true);
		expect(await store.remove(on, owner, idOf(NOW))).toBe(false);
	});
});
