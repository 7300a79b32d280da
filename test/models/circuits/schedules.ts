// Random histories of one target, told to the breaker and to its reference side by side.
import fc from "fast-check";
import type { FaultKind, LimitScope } from "#core/fault";
import type { Circuit } from "#core/health/circuits";
import type { Outcome } from "#core/health/health";
import type { CredentialId, KeyId } from "#core/ids";
import type { CircuitTransition } from "#core/usage/history";
import { Circuits } from "#durable-objects/provider/circuits";
import type { CircuitChange, StoredCircuits } from "#durable-objects/provider/known-cells";
import { type Part, ReferenceCell, wordOn } from "./reference";

export const START = 1_800_000_000_000;
export const TARGET = { credential: "main" as CredentialId, model: "m" };

export type Step =
	| { readonly do: "wait"; readonly ms: number }
	/** To this many milliseconds before or after the moment at which a cell is no longer shut. */
	| { readonly do: "waitForOpening"; readonly offset: number }
	| { readonly do: "try"; readonly panic: boolean }
	| { readonly do: "attempt"; readonly times: number; readonly attempt: Attempt }
	/** Successes and failures by turns, of two keys. */
	| { readonly do: "mix"; readonly pairs: number }
	/** One request that fails for two keys, so often for each, while a third one is served. */
	| { readonly do: "poison"; readonly times: number }
	/** A sign of life of the trial so many permits back. */
	| { readonly do: "renew"; readonly permit: number }
	/** A trial that shows so often, after 20 s each, that it still runs, and then somebody else who would try. */
	| { readonly do: "drag"; readonly beats: number }
	/**
	 * A trial that is silent for too long, and shows that it still runs when another has its turn; and then a third one.
	 */
	| { readonly do: "overtake" }
	/** Waits for the opening, has so many trials succeed, and then one fail or none. */
	| { readonly do: "recover"; readonly successes: number; readonly relapse: boolean }
	| { readonly do: "reset" };

export interface Attempt {
	readonly result: Outcome["result"];
	readonly fault: FaultKind | null;
	readonly key: string;
	/** Empty for one that was never sent before. */
	readonly print: string;
	readonly startedBefore: number;
	readonly limits: LimitScope | null;
	readonly midstream: boolean;
	readonly retryAfterMs: number | null;
	/** How many permits back; null for an ordinary attempt. */
	readonly permit: number | null;
}

const FAULTS: readonly FaultKind[] = [
	"connect",
	"timeout",
	"overloaded",
	"server",
	"rate_limited",
	"credential",
	"vendor_quota",
	"forbidden",
	"model_missing",
	"malformed",
	"empty",
	"truncated",
];
const CALLERS: readonly FaultKind[] = ["bad_request", "history", "context_length", "content_policy", "too_large"];

const whose = {
	key: fc.constantFrom("a", "b", "c"),
	print: fc.constantFrom("", "", "p", "q"),
	startedBefore: fc.constantFrom(0, 0, 0, 1, 500, 20_000),
	permit: fc.option(fc.nat(2), { freq: 2 }),
};

export const callersAttempt: fc.Arbitrary<Attempt> = fc.record({
	...whose,
	...{ result: fc.constantFrom("failed", "ignored"), fault: fc.constantFrom(...CALLERS) },
	...{ limits: fc.constant(null), midstream: fc.boolean(), retryAfterMs: fc.constantFrom(null, 5_000) },
});

const attempt: fc.Arbitrary<Attempt> = fc.oneof(
	{
		weight: 4,
		arbitrary: fc.record({
			...whose,
			...{ result: fc.constant("ok" as const), fault: fc.constant(null) },
			...{ limits: fc.constant(null), midstream: fc.constant(false), retryAfterMs: fc.constant(null) },
		}),
	},
	{
		weight: 5,
		arbitrary: fc.record({
			...whose,
			...{
				result: fc.constant("failed" as const),
				fault: fc.oneof(fc.constant("server" as const), fc.constantFrom(...FAULTS)),
			},
			limits: fc.constantFrom(null, "model" as const, "account" as const),
			...{ midstream: fc.boolean(), retryAfterMs: fc.constantFrom(null, null, 0, 3_000, 900_000, 900_001) },
		}),
	},
	{ weight: 1, arbitrary: callersAttempt },
);

export const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.record({
			do: fc.constant("wait" as const),
			ms: fc.constantFrom(1, 999, 1_000, 4_999, 5_000, 10_000, 29_999, 30_000, 60_000, 120_000),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({ do: fc.constant("waitForOpening" as const), offset: fc.constantFrom(-1, 0, 1) }),
	},
	{ weight: 3, arbitrary: fc.record({ do: fc.constant("try" as const), panic: fc.boolean() }) },
	{
		weight: 8,
		arbitrary: fc.record({
			do: fc.constant("attempt" as const),
			times: fc.constantFrom(1, 1, 1, 2, 4, 5, 10, 16, 19, 20),
			attempt,
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			do: fc.constant("recover" as const),
			successes: fc.constantFrom(0, 0, 1, 2, 3, 3, 3),
			relapse: fc.boolean(),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("renew" as const), permit: fc.nat(2) }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("drag" as const), beats: fc.nat(2) }) },
	{ weight: 1, arbitrary: fc.constant({ do: "overtake" as const }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("mix" as const), pairs: fc.constantFrom(4, 9, 10) }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("poison" as const), times: fc.constantFrom(2, 5) }) },
	{ weight: 1, arbitrary: fc.constant({ do: "reset" as const }) },
);

/** Under the latest permit. */
const SUCCESS: Attempt = {
	...{ result: "ok", fault: null, key: "a", print: "", startedBefore: 0, permit: 0 },
	...{ limits: null, midstream: false, retryAfterMs: null },
};
const FAILURE: Attempt = { ...SUCCESS, result: "failed", fault: "connect" };

/** A disk that keeps what was written, as JSON. */
export class MemoryStore {
	readonly #cells = new Map<string, string>();
	#rest = JSON.stringify({ decisions: [], lastNow: 0 });
	writes = 0;
	readonly transitions: CircuitTransition[] = [];

	load(): StoredCircuits {
		return { cells: [...this.#cells.values()].map((text) => JSON.parse(text)), ...JSON.parse(this.#rest) };
	}

	write({ cells, forgotten, decisions, lastNow, transitions }: CircuitChange): void {
		this.writes += 1;
		this.transitions.push(...transitions);
		for (const known of cells) this.#cells.set(JSON.stringify(known.ref), JSON.stringify(known));
		for (const ref of forgotten) this.#cells.delete(JSON.stringify(ref));
		this.#rest = JSON.stringify({ decisions: decisions ?? JSON.parse(this.#rest).decisions, lastNow });
	}
}

/** The product and the reference under one clock. */
export class World {
	now = START;
	readonly store = new MemoryStore();
	circuits: Circuits;
	readonly permits: string[] = [];
	readonly #random: number;
	#reference: Readonly<Record<Part, ReferenceCell>>;
	#attempts = 0;

	constructor(random: number) {
		this.#random = random;
		const cell = () => new ReferenceCell(START, random);
		this.#reference = { provider: cell(), credential: cell(), model: cell() };
		this.circuits = this.#copy();
	}

	/** As after an eviction: only what is stored is known. */
	restart(): void {
		this.circuits = this.#copy();
	}

	run(step: Step): void {
		switch (step.do) {
			case "wait":
				this.now += step.ms;
				return;
			case "waitForOpening":
				this.now = Math.max(this.now, Math.ceil(this.#opening() ?? this.now) + step.offset);
				return;
			case "try":
				this.#try(step.panic);
				return;
			case "renew":
				this.#renew(step.permit);
				return;
			case "drag":
				this.run({ do: "waitForOpening", offset: 0 });
				this.#try(false);
				for (let n = 0; n < step.beats; n++) {
					this.now += 20_000;
					this.#renew(0);
				}
				this.now += 20_000;
				this.#try(false);
				return;
			case "overtake":
				this.run({ do: "drag", beats: 0 });
				this.now += 10_000;
				this.#try(false);
				this.now += 20_000;
				this.#renew(1);
				this.now += 10_000;
				this.#try(false);
				return;
			case "recover":
				for (let n = 0; n < step.successes; n++) this.#trial(SUCCESS);
				if (step.relapse) this.#trial(FAILURE);
				return;
			case "mix":
				for (let n = 0; n < step.pairs; n++) {
					this.attempt({ ...SUCCESS, permit: null });
					this.attempt({ ...FAILURE, permit: null, key: n % 2 === 0 ? "a" : "b" });
				}
				return;
			case "poison":
				for (let n = 0; n < step.times; n++) {
					this.attempt({ ...FAILURE, permit: null, print: "p", key: "b" });
					this.attempt({ ...FAILURE, permit: null, print: "p", key: "c" });
					if (n > 0) continue;
					this.now += 1;
					this.attempt({ ...SUCCESS, permit: null });
				}
				return;
			case "reset":
				this.#reset();
				return;
			case "attempt":
				for (let n = 0; n < step.times; n++) this.attempt(step.attempt);
		}
	}

	attempt(attempt: Attempt): void {
		const outcome = this.#outcome(attempt);
		for (const part of ["provider", "credential", "model"] as const) {
			this.#reference[part].hear(wordOn(part, outcome), false, outcome, this.now);
		}
		this.circuits.report({ id: outcome.attemptId, outcomes: [outcome] });
	}

	/** What the product and the reference say, to be the same. */
	compare(): { product: unknown[]; reference: unknown[] } {
		const { now } = this;
		const parts = [
			[this.#reference.provider, null, null],
			[this.#reference.credential, TARGET.credential, null],
			[this.#reference.model, TARGET.credential, TARGET.model],
		] as const;
		const known = this.circuits.circuits();
		const product = parts.map(([, credential, model]) => {
			const circuit = known.find(({ health }) => health.ref.credential === credential && health.ref.model === model);
			return circuit === undefined ? UNKNOWN : facts(circuit);
		});
		const reference = parts.map(([cell]) => {
			const state = cell.state(now);
			const recent = cell.lastMinute(now);
			const number = (what: string) => recent.filter((event) => event.what === what).length;
			const healthy = Math.floor((now - cell.closedSince) / 60_000);
			return {
				state,
				share: cell.share(now),
				shed: cell.shed(now),
				until: cell.until(now),
				streak: cell.streak,
				trips: cell.shut === null && cell.ramp === null ? Math.max(0, cell.trips - healthy) : cell.trips,
				...{ ok: number("good"), failed: number("bad"), throttled: number("wait") },
				slow: recent.filter(({ slow }) => slow).length,
			};
		});
		return { product, reference };
	}

	/** Tries as one permit, where every cell on the way allows it. */
	#try(panic: boolean): void {
		const permit = this.circuits.acquireTrial(TARGET, panic);
		const cells = Object.values(this.#reference);
		const may = cells.every((cell) => cell.mayTry(panic, this.now));
		if (may !== (permit !== null)) throw new Error(`a trial is ${may ? "refused" : "granted"} against the rules`);
		if (permit === null) return;
		for (const cell of cells) cell.try(permit.id, this.now);
		this.permits.unshift(permit.id);
	}

	#renew(back: number): void {
		const permit = this.permits[back];
		if (permit === undefined) return;
		this.circuits.renewTrial(TARGET, permit);
		for (const cell of Object.values(this.#reference)) cell.renew(permit, this.now);
	}

	/** One trial, as soon as one may be made. */
	#trial(result: Attempt): void {
		this.run({ do: "waitForOpening", offset: 0 });
		this.#try(false);
		this.attempt(result);
	}

	#opening(): number | null {
		const all = Object.values(this.#reference).map((cell) => cell.until(this.now));
		const times = all.filter((until) => until !== null);
		return times.length === 0 ? null : Math.min(...times);
	}

	#outcome({ key, print, startedBefore, permit, ...rest }: Attempt): Outcome {
		return {
			...rest,
			...TARGET,
			attemptId: String(this.#attempts++),
			keyId: key as KeyId,
			fingerprint: print === "" ? `request ${this.#attempts}` : print,
			startedAt: this.now - startedBefore,
			at: this.now,
			...{ ttftMs: null, stream: null, prompt: null },
			permit: permit === null ? null : (this.permits[permit] ?? null),
		};
	}

	#reset(): void {
		this.circuits.reset({ credential: null, model: null });
		const reset = (cell: ReferenceCell) => {
			const { isKnown } = cell;
			return Object.assign(new ReferenceCell(this.now, this.#random), { isKnown, era: isKnown ? this.now : 0 });
		};
		const { provider, credential, model } = this.#reference;
		this.#reference = { provider: reset(provider), credential: reset(credential), model: reset(model) };
	}

	#copy(): Circuits {
		return new Circuits({
			store: this.store,
			clock: () => this.now,
			random: () => this.#random,
			newPermit: () => `permit ${this.permits.length} at ${this.now}`,
			wakeAt: () => {},
		});
	}
}

const UNKNOWN = {
	...{ state: "closed", share: 1, shed: 0, until: null, streak: 0, trips: 0 },
	...{ ok: 0, failed: 0, throttled: 0, slow: 0 },
};

function facts({ health, byOutcomes, streak, trips, lastMinute }: Circuit) {
	const { share, shed } = health;
	return { state: byOutcomes.state, share, shed, until: byOutcomes.until, streak, trips, ...lastMinute };
}
