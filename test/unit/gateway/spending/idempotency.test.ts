import { describe, expect, it } from "vitest";
import type { KeyId, RequestId } from "#core/ids";
import type { ClaimOutcome } from "#core/key-object/idempotency";
import type { Env } from "#env";
import { Claim } from "#gateway/spending/idempotency";

const ASKED = { id: "id", body: "body", requestId: "req_1" as RequestId };

/** A key's object that answers `outcome`, and what it was told of the claim's end. */
function keyObject(outcome: ClaimOutcome | Error) {
	const told: boolean[] = [];
	const stub = {
		claim: async () => {
			if (outcome instanceof Error) throw outcome;
			return outcome;
		},
		endClaim: async (_id: string, _requestId: string, spent: boolean) => void told.push(spent),
	};
	const keys = { getByName: () => stub } as unknown as Env["API_KEYS"];
	const background: Promise<void>[] = [];
	const take = () => Claim.take(keys, "key_1" as KeyId, ASKED, (work) => background.push(work));
	return { take, told, background };
}

describe("a claim", () => {
	it("stays open until the request and each of its attempts have ended", async () => {
		const { take, told } = keyObject({ outcome: "claimed" });
		const claim = await take();
		claim.begin();
		claim.begin();
		await claim.end(false);
		await claim.end(false);
		expect(told).toEqual([]);
		await claim.end(false);
		expect(told).toEqual([false]);
	});

	it("stays used when any of the attempts spent", async () => {
		const { take, told } = keyObject({ outcome: "claimed" });
		const claim = await take();
		claim.begin();
		await claim.end(true);
		claim.begin();
		await claim.end(false);
		await claim.end(false);
		expect(told).toEqual([true]);
	});

	it("is given back when nobody confirmed it, because it may have been taken", async () => {
		const { take, told, background } = keyObject(new Error("lost"));
		await expect(take()).rejects.toMatchObject({ details: { status: 503, code: "idempotency_unavailable" } });
		await Promise.all(background);
		expect(told).toEqual([false]);
	});

	it("of another request is not ended", async () => {
		const { take, told } = keyObject({ outcome: "in_flight", requestId: "req_0" as RequestId });
		await expect(take()).rejects.toMatchObject({ details: { status: 409, code: "idempotency_in_flight" } });
		expect(told).toEqual([]);
	});

	it("is refused for some time when a key uses too many", async () => {
		const { take } = keyObject({ outcome: "full", retryAfterMs: 90_000 });
		await expect(take()).rejects.toMatchObject({ details: { status: 429, retryAfterMs: 90_000 } });
	});
});
