/** Every method of every client: whom it calls, how often, and for how long it waits. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CredentialId, KeyId, ProviderName, RequestId, TeamId } from "#core/ids";
import type { Env } from "#env";
import { DeadlineError } from "#lib/deadline";
import { KeyClient } from "#objects/key-client";
import { ProviderClient } from "#objects/provider-client";
import { TeamClient } from "#objects/team-client";

/** What a test says instead of what the methods take: it goes through as it is. */
const GIVEN = {} as never;
const TRIAL = { credential: "cred_1" as CredentialId, model: "large" };

/** Clients of objects that do what `answer` does, whatever they are asked. */
class Objects {
	/** As `object method`, in order. */
	readonly calls: string[] = [];
	answer: (method: string) => Promise<unknown> = async () => "said";

	readonly #namespace = {
		getByName: (name: string) =>
			new Proxy(
				{},
				{
					get: (_, method: string) => () => {
						this.calls.push(`${name} ${method}`);
						return this.answer(method);
					},
				},
			),
	};
	readonly key = new KeyClient(this.#namespace as unknown as Env["API_KEYS"], "key_1" as KeyId);
	readonly team = new TeamClient(this.#namespace as unknown as Env["TEAMS"], "team_1" as TeamId);
	readonly provider = new ProviderClient(this.#namespace as unknown as Env["PROVIDERS"], "acme" as ProviderName);
}

type Case = readonly [calls: string, ms: number, run: (objects: Objects) => Promise<unknown>];

const CASES: readonly Case[] = [
	["key_1 admit", 2_000, ({ key }) => key.admit(GIVEN)],
	["key_1 configure", 5_000, ({ key }) => key.configure(GIVEN)],
	["key_1 reserve", 6_000, ({ key }) => key.reserve(GIVEN)],
	["key_1 settle", 5_000, ({ key }) => key.settle(GIVEN)],
	["key_1 extend", 5_000, ({ key }) => key.extend("req_1.1", 90_000)],
	["key_1 recallRoute", 150, ({ key }) => key.recallRoute("conversation", "family")],
	["key_1 claim", 2_000, ({ key }) => key.claim(GIVEN)],
	["key_1 endClaim", 2_000, ({ key }) => key.endClaim("id", "req_1" as RequestId, true)],
	["key_1 budgetStatus", 5_000, ({ key }) => key.budgetStatus(null)],
	["key_1 configure, key_1 budgetStatus", 5_000, ({ key }) => key.budgetStatus(GIVEN)],
	["key_1 configure, key_1 adjust", 5_000, ({ key }) => key.adjust(GIVEN, GIVEN)],
	["key_1 report", 500, ({ key }) => key.report()],
	["key_1 recall", 500, ({ key }) => key.recall("lack")],
	["key_1 sweep", 60_000, ({ key }) => key.sweep()],
	["key_1 sweep", 2_000, ({ key }) => key.sweepBeforeRead()],
	["team_1 exchange", 2_000, ({ team }) => team.exchange([])],
	["team_1 configure", 5_000, ({ team }) => team.configure(GIVEN)],
	["team_1 configure, team_1 budgetStatus", 5_000, ({ team }) => team.budgetStatus(GIVEN, true)],
	["team_1 configure, team_1 adjust", 5_000, ({ team }) => team.adjust(GIVEN, GIVEN)],
	["team_1 sweep", 60_000, ({ team }) => team.sweep()],
	["acme report", 2_000, ({ provider }) => provider.report(GIVEN)],
	["acme snapshot", 2_000, ({ provider }) => provider.snapshot()],
	["acme snapshot", 150, ({ provider }) => provider.firstSnapshot()],
	["acme acquireTrial", 300, ({ provider }) => provider.acquireTrial(TRIAL, false)],
	["acme renewTrial", 5_000, ({ provider }) => provider.renewTrial(TRIAL, "permit")],
	["acme circuits", 5_000, ({ provider }) => provider.circuits()],
	["acme reset", 5_000, ({ provider }) => provider.reset(GIVEN)],
	["acme force", 5_000, ({ provider }) => provider.force(GIVEN)],
	["acme sweep", 60_000, ({ provider }) => provider.sweep()],
];

let objects: Objects;

beforeEach(() => {
	vi.useFakeTimers();
	objects = new Objects();
});
afterEach(() => {
	vi.useRealTimers();
});

describe.each(CASES)("a client that calls %s within %i ms", (calls, ms, run) => {
	it("hands on what the object says, and leaves no timer behind", async () => {
		await expect(run(objects)).resolves.toBe("said");
		expect(objects.calls.join(", ")).toBe(calls);
		expect(vi.getTimerCount()).toBe(0);
	});

	it("waits for a silent object as long as its deadline, and no longer", async () => {
		objects.answer = () => new Promise(() => {});
		const failed = vi.fn<(error: unknown) => void>();
		void run(objects).catch(failed);
		await vi.advanceTimersByTimeAsync(ms - 1);
		expect(failed).not.toHaveBeenCalled();
		await vi.advanceTimersByTimeAsync(1);
		expect(failed).toHaveBeenCalledExactlyOnceWith(expect.any(DeadlineError));
	});

	it("asks once more when a call fails, unless the second answer would not be that of the first", async () => {
		objects.answer = () => Promise.reject(new Error("lost"));
		await expect(run(objects)).rejects.toThrow("lost");
		const [first] = calls.split(", ");
		expect(objects.calls).toEqual(calls === "acme acquireTrial" ? [first] : [first, first]);
	});

	it("asks an overloaded object no more", async () => {
		objects.answer = () => Promise.reject(Object.assign(new Error("too much"), { overloaded: true }));
		await expect(run(objects)).rejects.toThrow("too much");
		expect(objects.calls).toHaveLength(1);
	});
});
