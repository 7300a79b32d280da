import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { KeyId, SecretId, TeamId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import { decide } from "#durable-objects/api-key/reserve/admission";
import { KeyAuthority } from "#durable-objects/api-key/reserve/authority";
import { MAX_DATABASE_MS } from "#store/d1/database";

const NOW = 1_800_000_000_000;
const SECRET = "sec_1" as SecretId;

function registration(changes: Partial<KeyRegistration> = {}): KeyRegistration {
	return {
		keyId: "key_1" as KeyId,
		teamId: "team_1" as TeamId,
		name: "a key",
		version: 5,
		policy: {},
		revokedAt: null,
		secrets: [{ id: SECRET, validUntil: null }],
		limits: {},
		budgets: [],
		...changes,
	};
}

/** An authority over a registry and a store that tests can change and look into. */
function authority(initial: { stored?: KeyRegistration; registered?: KeyRegistration | null } = {}) {
	const state = {
		stored: initial.stored ?? null,
		registered: initial.registered ?? null,
		reads: 0,
		answer: async (): Promise<KeyRegistration | null> => state.registered,
	};
	const object = new KeyAuthority(
		{
			read: () => state.stored,
			write: (next) => {
				state.stored = next;
			},
		},
		{
			read: () => {
				state.reads++;
				return state.answer();
			},
		},
		() => NOW,
	);
	return { object, state };
}

describe("the decision", () => {
	const question = { secretId: SECRET, version: 5 };

	test("admits a secret of the version that is in force", () => {
		expect(decide(registration(), question, NOW)).toEqual({ outcome: "ok" });
	});

	test.each([4, 6])("answers with what is in force when the Worker saw version %i", (version) => {
		const { keyId, teamId, name, policy } = registration();
		expect(decide(registration(), { ...question, version }, NOW)).toEqual({
			outcome: "stale",
			current: { keyId, teamId, name, version: 5, policy },
		});
	});

	test.each([
		["revoked", { revokedAt: 1 }],
		["rotated", { secrets: [] }],
		["rotated", { secrets: [{ id: "sec_2" as SecretId, validUntil: null }] }],
		["rotated", { secrets: [{ id: SECRET, validUntil: NOW }] }],
		["expired", { policy: { expiresAt: NOW } }],
	])("refuses as %s: %j", (reason, changes) => {
		for (const version of [4, 5, 6]) {
			const admission = decide(registration(changes), { ...question, version }, NOW);
			expect(admission).toEqual({ outcome: "refused", reason });
		}
	});

	test.each([{ secrets: [{ id: SECRET, validUntil: NOW + 1 }] }, { policy: { expiresAt: NOW + 1 } }])(
		"still admits just before the end: %j",
		(changes) => {
			expect(decide(registration(changes), question, NOW)).toEqual({ outcome: "ok" });
		},
	);
});

describe("the authority", () => {
	const question = { secretId: SECRET, version: 5 };

	test("reads the registry on first use, keeps what it read and does not ask again", async () => {
		const { object, state } = authority({ registered: registration() });
		expect(await object.admit(question)).toEqual({ outcome: "ok" });
		expect(await object.admit(question)).toEqual({ outcome: "ok" });
		expect(state.reads).toBe(1);
		expect(state.stored).toEqual(registration());
	});

	test("answers from its own storage after a restart, without the registry", async () => {
		const { object, state } = authority({ stored: registration({ revokedAt: 1 }) });
		expect(await object.admit(question)).toEqual({ outcome: "refused", reason: "revoked" });
		expect(state.reads).toBe(0);
	});

	test("first uses that arrive together share one read", async () => {
		const { object, state } = authority({ registered: registration() });
		const answers = await Promise.all([1, 2, 3].map(() => object.admit(question)));
		expect(answers).toEqual([{ outcome: "ok" }, { outcome: "ok" }, { outcome: "ok" }]);
		expect(state.reads).toBe(1);
	});

	test("refuses a key that the registry does not know, and keeps nothing of it", async () => {
		const { object, state } = authority();
		expect(await object.admit(question)).toEqual({ outcome: "refused", reason: "unknown" });
		expect(state.stored).toBeNull();
	});

	test("says that it cannot know when the registry keeps silent, asks again, and takes what comes late", async () => {
		vi.useFakeTimers();
		try {
			const { object, state } = authority({ registered: registration() });
			const late = Promise.withResolvers<KeyRegistration | null>();
			state.answer = () => late.promise;
			const admission = object.admit(question);
			const known = expect(object.registration()).rejects.toThrow("the registry did not answer");
			await vi.advanceTimersByTimeAsync(MAX_DATABASE_MS);
			expect(await admission).toEqual({ outcome: "unavailable" });
			await known;
			expect(state.reads).toBe(1);
			late.resolve(registration({ version: 4 }));
			await vi.advanceTimersByTimeAsync(0);
			expect(object.current?.version).toBe(4);
			state.answer = async () => state.registered;
			expect(await object.admit(question)).toEqual({ outcome: "ok" });
			expect(vi.getTimerCount()).toBe(0);
		} finally {
			vi.useRealTimers();
		}
	});

	test("says that it cannot know when the registry does not answer, and recovers", async () => {
		const { object, state } = authority({ registered: registration() });
		state.answer = async () => Promise.reject(new Error("down"));
		expect(await object.admit(question)).toEqual({ outcome: "unavailable" });
		state.answer = async () => state.registered;
		expect(await object.admit(question)).toEqual({ outcome: "ok" });
	});

	test("does not admit under an old version when it knows that there is a later one", async () => {
		const { object, state } = authority({ stored: registration() });
		state.answer = async () => Promise.reject(new Error("down"));
		expect(await object.admit({ ...question, version: 6 })).toEqual({ outcome: "unavailable" });
	});

	test("catches up with a change that was never pushed when a request comes with its version", async () => {
		const { object } = authority({ stored: registration(), registered: registration({ version: 6, revokedAt: NOW }) });
		expect(await object.admit(question)).toEqual({ outcome: "ok" });
		expect(await object.admit({ ...question, version: 6 })).toEqual({ outcome: "refused", reason: "revoked" });
		expect(await object.admit(question)).toEqual({ outcome: "refused", reason: "revoked" });
	});

	test("does not take a read that began before a change for the change", async () => {
		const { object, state } = authority({ registered: registration() });
		const first = Promise.withResolvers<KeyRegistration | null>();
		state.answer = () => first.promise;
		const early = object.admit(question);
		const late = object.admit({ ...question, version: 6 });
		state.answer = async () => registration({ version: 6, revokedAt: NOW });
		first.resolve(registration());
		expect(await late).toEqual({ outcome: "refused", reason: "revoked" });
		await early;
		expect(state.stored?.version).toBe(6);
	});

	test("a push that arrives during a read is not undone by it", async () => {
		const { object, state } = authority();
		const read = Promise.withResolvers<KeyRegistration | null>();
		state.answer = () => read.promise;
		const admission = object.admit(question);
		expect(object.configure(registration({ version: 7, revokedAt: NOW }))).toBe(7);
		read.resolve(registration());
		expect(await admission).toEqual({ outcome: "refused", reason: "revoked" });
		expect(state.stored?.version).toBe(7);
	});

	test("pushes in any order, doubled or lost, leave the latest that arrived", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (versions) => {
				const { object, state } = authority();
				for (const version of versions) object.configure(registration({ version, name: `v${version}` }));
				const latest = Math.max(...versions);
				expect(state.stored).toEqual(registration({ version: latest, name: `v${latest}` }));
			}),
		);
	});
});
