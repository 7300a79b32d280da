import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CredentialId, KeyId, ProviderName } from "#core/ids";
import type { Extension } from "#core/key-object/settlement";
import type { Env } from "#env";
import { beatWhile, keepTrial } from "#gateway/spending/heartbeat";

let extend = vi.fn<(attemptId: string, openMs: number) => Promise<Extension>>();
const onRevoked = vi.fn<() => void>();

function beat(): () => void {
	const keys = { getByName: () => ({ extend }) } as unknown as Env["API_KEYS"];
	return beatWhile(keys, "key_1" as KeyId, "req_1.1", onRevoked);
}

beforeEach(() => {
	vi.useFakeTimers();
	extend = vi.fn(async () => ({ revoked: false }));
	onRevoked.mockClear();
});
afterEach(() => {
	vi.useRealTimers();
});

describe("a heartbeat", () => {
	it("keeps a hold open for longer than several beats may be lost", async () => {
		beat();
		await vi.advanceTimersByTimeAsync(15_000);
		expect(extend).toHaveBeenCalledExactlyOnceWith("req_1.1", 90_000);
		expect(onRevoked).not.toHaveBeenCalled();
	});

	it("tells within 20 s that the key was revoked, once, and ends", async () => {
		beat();
		await vi.advanceTimersByTimeAsync(15_000);
		// Revoked just after a beat, and the object takes nearly as long as it may.
		extend.mockImplementation(
			() => new Promise((resolve) => setTimeout(resolve, 4_900, { revoked: true })) as Promise<Extension>,
		);
		await vi.advanceTimersByTimeAsync(20_000);
		expect(onRevoked).toHaveBeenCalledOnce();
		await vi.advanceTimersByTimeAsync(60_000);
		expect(onRevoked).toHaveBeenCalledOnce();
		expect(vi.getTimerCount()).toBe(0);
	});

	it("goes on when a beat is lost", async () => {
		extend.mockRejectedValueOnce(new Error("lost")).mockRejectedValueOnce(new Error("lost again"));
		beat();
		await vi.advanceTimersByTimeAsync(15_000);
		extend.mockResolvedValue({ revoked: true });
		await vi.advanceTimersByTimeAsync(15_000);
		expect(onRevoked).toHaveBeenCalledOnce();
	});

	it("says nothing any more once it is stopped, even when an answer was under way", async () => {
		let answer: (extension: Extension) => void = () => {};
		extend.mockReturnValue(new Promise((resolve) => (answer = resolve)));
		const stop = beat();
		await vi.advanceTimersByTimeAsync(15_000);
		stop();
		answer({ revoked: true });
		await vi.advanceTimersByTimeAsync(60_000);
		expect(onRevoked).not.toHaveBeenCalled();
		expect(extend).toHaveBeenCalledOnce();
	});
});

it("keeps a trial's permit for longer than two beats may be lost, until it is stopped", async () => {
	const renewTrial = vi.fn(async () => {});
	renewTrial.mockRejectedValueOnce(new Error("lost")).mockRejectedValueOnce(new Error("lost again"));
	const getByName = vi.fn(() => ({ renewTrial }));
	const target = { credential: "main" as CredentialId, model: "m" };
	const objects = { getByName } as unknown as Env["PROVIDERS"];
	const stop = keepTrial(objects, { provider: "openai" as ProviderName, ...target }, "permit_1");
	await vi.advanceTimersByTimeAsync(20_000);
	expect(getByName).toHaveBeenCalledWith("openai");
	expect(renewTrial).toHaveBeenLastCalledWith(target, "permit_1");
	renewTrial.mockClear();
	await vi.advanceTimersByTimeAsync(9_999);
	expect(renewTrial).not.toHaveBeenCalled();
	await vi.advanceTimersByTimeAsync(1);
	expect(renewTrial).toHaveBeenCalledOnce();
	stop();
	await vi.advanceTimersByTimeAsync(60_000);
	expect(renewTrial).toHaveBeenCalledOnce();
});
