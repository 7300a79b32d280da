// All that one provider's object decides, on interfaces: its cells, admins' decisions about them, and trial permits.
import type { CellPattern, Circuit, ForceDecision, ForceOrder, OutcomeBatch } from "#core/health/circuits";
import { type CellRef, isSameCell, type Outcome, type ProviderHealth, type TrialPermit } from "#core/health/health";
import type { CredentialId } from "#core/ids";
import type { CircuitTransition } from "#core/usage/history";
import { judge } from "./breaker";
import { cellStatus, newCell } from "./cell";
import { attributed } from "./evidence";
import { covers, decisionOn } from "./forced";
import { type CircuitStore, type KnownCell, KnownCells, unknownCell } from "./known-cells";
import { sampled } from "./latency";
import { grant, renewed, TRIAL_MS } from "./trial";
import { circuitOf, healthOf } from "./view";

/** Everything outside of one provider's object. */
interface CircuitDeps {
	readonly store: CircuitStore;
	readonly clock: () => number;
	/** A fraction in [0, 1). */
	readonly random: () => number;
	/** Returns an id that was never returned before. */
	readonly newPermit: () => string;
	/** Asks to be woken then. */
	readonly wakeAt: (at: number) => void;
}

/** How long a change may wait to be stored, in milliseconds. Changes of state do not wait. */
const WRITE_MS = 8_000;
/** A cell that is not open and learnt nothing for this many milliseconds is forgotten. */
const FORGET_MS = 24 * 60 * 60_000;
/** How many batch ids are remembered, in case one arrives again. */
const BATCHES = 64;

/** All cells of one provider: what outcomes showed, what admins decided, and who may try an open cell. */
export class Circuits {
	readonly #deps: CircuitDeps;
	readonly #cells: KnownCells;
	#decisions: readonly ForceDecision[];
	/** The clock of this object never goes back, though the object may move to a machine whose clock is behind. */
	#lastNow: number;
	#isWakeAsked = false;
	readonly #batches: string[] = [];
	/** Not written yet. */
	#transitions: CircuitTransition[] = [];

	constructor(deps: CircuitDeps) {
		this.#deps = deps;
		const { cells, decisions, lastNow } = deps.store.load();
		this.#cells = new KnownCells(cells);
		this.#decisions = decisions;
		this.#lastNow = lastNow;
	}

	/** Takes attempts' outcomes. Repeating a batch changes nothing more. Returns what is known now. */
	report({ id, outcomes }: OutcomeBatch): ProviderHealth {
		const now = this.#now();
		if (!this.#batches.includes(id)) {
			this.#batches.push(id);
			if (this.#batches.length > BATCHES) this.#batches.shift();
			const changes = outcomes.map((outcome) => this.#learn(outcome, now));
			if (changes.includes(true)) this.#write([]);
			this.#wakeForUnwritten(now);
		}
		return this.#health(now);
	}

	snapshot(): ProviderHealth {
		return this.#health(this.#now());
	}

	/**
	 * The right to try a model under a credential where a cell on the way is half open; with `panic`, also where one is
	 * still open. Null when a trial runs already, or an admin has forced a cell open. Takes nothing where no cell is
	 * open.
	 */
	acquireTrial(target: { credential: CredentialId; model: string }, panic: boolean): TrialPermit | null {
		const now = this.#now();
		const id = this.#deps.newPermit();
		const changed: KnownCell[] = [];
		for (const ref of cellsOnTheWay(target)) {
			const decision = decisionOn(ref, this.#decisions, now);
			if (decision?.state === "open") return null;
			const known = this.#cells.get(ref, now);
			const { phase } = known.cell;
			if (decision !== null || phase.state !== "open") continue;
			const trials = grant(phase, id, panic, now);
			if (trials === null) return null;
			changed.push({ ...known, cell: { ...known.cell, phase: { ...phase, trials } } });
		}
		for (const known of changed) this.#cells.put(known);
		if (changed.length > 0) this.#write([]);
		return { id, expiresAt: now + TRIAL_MS };
	}

	/** Keeps a permit from expiring: its trial still runs. */
	renewTrial(target: { credential: CredentialId; model: string }, permit: string): void {
		const now = this.#now();
		for (const ref of cellsOnTheWay(target)) {
			const known = this.#cells.get(ref, now);
			const { phase } = known.cell;
			if (phase.state !== "open") continue;
			const trials = renewed(phase.trials, permit, now);
			if (trials !== phase.trials) this.#cells.put({ ...known, cell: { ...known.cell, phase: { ...phase, trials } } });
		}
		this.#write([]);
	}

	/** Every cell, the provider's own first. */
	circuits(): Circuit[] {
		const now = this.#now();
		return this.#known(now).map((known) => circuitOf(known, decisionOn(known.ref, this.#decisions, now), now));
	}

	/** Forgets failures, throttling and admins' decisions of the matching cells; what is known of their speed stays. */
	reset(cells: CellPattern): Circuit[] {
		const now = this.#now();
		const others = this.#decisions.filter((decision) => !covers(cells, decision.cells));
		for (const { cells: ref, until } of this.#decisions.filter((decision) => !others.includes(decision))) {
			if (now < until) this.#noteTransition(ref, now, { to: "released", reason: "reset", until: null });
		}
		this.#putDecisions(others, cells, now);
		return this.circuits();
	}

	/** Replaces the decision about the same cells. To force cells closed resets them too. */
	force(order: ForceOrder): Circuit[] {
		const now = this.#now();
		const others = this.#decisions.filter(({ cells, until }) => now < until && !isSameCell(cells, order.cells));
		const { cells, state, author, reason, until } = order;
		this.#noteTransition(cells, now, { to: `forced_${state}`, reason: `${author}: ${reason}`, until });
		this.#putDecisions([...others, { ...order, at: now }], state === "closed" ? cells : null, now);
		return this.circuits();
	}

	/** Stores what waited, and forgets old cells. */
	wake(): void {
		const now = this.#now();
		this.#isWakeAsked = false;
		const old = this.#cells.all().filter(({ cell, usedAt }) => {
			return cell.phase.state !== "open" && now - usedAt >= FORGET_MS;
		});
		const forgotten = old.map(({ ref }) => ref);
		for (const ref of forgotten) this.#cells.forget(ref);
		this.#write(forgotten);
	}

	/** Returns whether a cell opened, or closed, or was tried. */
	#learn(outcome: Outcome, now: number): boolean {
		let isChanged = false;
		const [provider, credential, model] = cellsOnTheWay(outcome);
		const { usualP95Ms } = this.#cells.get(model, now).latency;
		const evidence = attributed(outcome, usualP95Ms, this.#isOtherThrottled(model, now));
		for (const [ref, cellEvidence] of [
			[provider, evidence.provider],
			[credential, evidence.credential],
			[model, evidence.model],
		] as const) {
			const known = this.#cells.get(ref, now);
			const decision = decisionOn(ref, this.#decisions, now);
			const isDecided = decision !== null && decision.state !== "observe";
			const cell = isDecided ? known.cell : judge(known.cell, cellEvidence, now, this.#deps.random);
			const latency = ref === model ? sampled(known.latency, outcome, now) : known.latency;
			if (cell === known.cell && latency === known.latency) continue;
			this.#cells.put({ ...known, cell, latency, usedAt: now });
			if (cell.phase === known.cell.phase) continue;
			isChanged = true;
			// A trial that failed is no news: the cell was open and is.
			if (cell.phase.state === known.cell.phase.state) continue;
			const { reason, until } = cellStatus(cell, now);
			this.#noteTransition(ref, now, { to: cell.phase.state, reason, until }, known.cell);
		}
		return isChanged;
	}

	#isOtherThrottled({ credential, model }: CellRef, now: number): boolean {
		return this.#cells.all().some(({ ref, cell }) => {
			const isOther = ref.credential === credential && ref.model !== null && ref.model !== model;
			return isOther && now < cell.throttle.until;
		});
	}

	/** Replaces all decisions, and resets the cells that match `resets`. */
	#putDecisions(decisions: readonly ForceDecision[], resets: CellPattern | null, now: number): void {
		for (const known of this.#cells.all()) {
			if (resets === null || !covers(resets, known.ref)) continue;
			if (known.cell.phase.state !== "closed") {
				this.#noteTransition(known.ref, now, { to: "closed", reason: "reset", until: null });
			}
			this.#cells.put({ ...known, cell: newCell(now, now) });
		}
		this.#decisions = decisions;
		this.#write([], decisions);
	}

	/** Stores what the store does not have yet. */
	#write(forgotten: readonly CellRef[], decisions: readonly ForceDecision[] | null = null): void {
		const cells = this.#cells.unwritten();
		const transitions = this.#transitions;
		this.#deps.store.write({ cells, forgotten, decisions, lastNow: this.#lastNow, transitions });
		this.#cells.written();
		this.#transitions = [];
	}

	/** Keeps a transition for the next write. `before` is the cell as it was, if it has changed since. */
	#noteTransition(
		ref: CellRef,
		now: number,
		transition: Pick<CircuitTransition, "to" | "reason" | "until">,
		before = this.#cells.get(ref, now).cell,
	): void {
		const from = before.phase.state;
		this.#transitions.push({ at: now, credential: ref.credential, model: ref.model, from, ...transition });
	}

	#wakeForUnwritten(now: number): void {
		if (this.#isWakeAsked || this.#cells.isWritten) return;
		this.#isWakeAsked = true;
		this.#deps.wakeAt(now + WRITE_MS);
	}

	#health(now: number): ProviderHealth {
		const cells = this.#known(now).map((known) => healthOf(known, decisionOn(known.ref, this.#decisions, now), now));
		return { at: now, cells };
	}

	/** The cells of which something is known, and those about which only an admin's decision is. */
	#known(now: number): KnownCell[] {
		const decided = this.#decisions.filter(({ cells, until }) => now < until && !this.#cells.has(cells));
		return [...this.#cells.all(), ...decided.map(({ cells }) => unknownCell(cells, now))];
	}

	#now(): number {
		this.#lastNow = Math.max(this.#lastNow, this.#deps.clock());
		return this.#lastNow;
	}
}

/** The provider's, the credential's and the model's. */
function cellsOnTheWay({ credential, model }: { credential: CredentialId; model: string }) {
	const provider: CellRef = { credential: null, model: null };
	return [provider, { credential, model: null }, { credential, model }] as const satisfies readonly CellRef[];
}
