// The admin of the simulation: changes keys, budgets and teams, and tells the objects until they confirm.
import type { BudgetSpec } from "#core/budget/budget";
import type { BudgetChange, TeamRegistration } from "#core/budget/budget-status";
import type { Team } from "#durable-objects/team/team";
import { askObject, MAX_ADMIN_MS } from "#objects/call";
import type { Key } from "./gateway";
import type { Handle } from "./network";
import type { Shell, Surroundings } from "./shell";
import type { Truth } from "./truth";

export interface SimulatedTeam {
	registration: TeamRegistration;
	readonly shell: Shell<Team>;
}

/** Changes what is registered, and goes on telling it until everybody has confirmed it. */
export class Admin {
	readonly #on: Surroundings;
	readonly #truth: Truth;
	readonly #team: SimulatedTeam;
	readonly #keys: readonly Key[];
	#changes = 0;

	constructor(on: Surroundings, truth: Truth, team: SimulatedTeam, keys: readonly Key[]) {
		this.#on = on;
		this.#truth = truth;
		this.#team = team;
		this.#keys = keys;
	}

	changeBudget(): void {
		const { random } = this.#on;
		const all = [this.#team.registration, ...this.#keys.map(({ registration }) => registration)];
		const budgets = all.flatMap((registration) => registration.budgets);
		if (budgets.length === 0) return;
		const budget = random.pick(budgets);
		// The truth knows of no limit of a single window, nor of a single end user.
		if (budget.window === "total" && !budget.perEndUser && random.chance(0.7)) this.#adjust(budget);
		else this.#limit(budget);
	}

	revoke(): void {
		const key = this.#on.random.pick(this.#keys);
		const { registration } = key;
		key.registration = { ...registration, version: registration.version + 1, revokedAt: this.#on.time.now };
		this.#tell(key, () => this.#truth.revoked(registration.keyId));
	}

	#limit({ id, owner, limit: before }: BudgetSpec): void {
		const limit = Math.floor(before * this.#on.random.pick([0, 0.3, 0.6, 1.5]));
		const confirm = this.#truth.changeLimit(id, limit - before);
		const change = (specs: readonly BudgetSpec[]): BudgetSpec[] =>
			specs.map((spec) => (spec.id === id ? { ...spec, limit } : spec));
		const changed = this.#keys.filter(({ registration }) => registration.budgets.some((spec) => spec.id === id));
		for (const key of changed) {
			const { registration } = key;
			key.registration = { ...registration, version: registration.version + 1, budgets: change(registration.budgets) };
		}
		let unconfirmed = changed.length;
		const confirmOne = (): void => {
			if (--unconfirmed === 0) confirm();
		};
		const tellKeys = (): void => {
			for (const key of changed) this.#tell(key, confirmOne);
		};
		if (owner === "key") {
			tellKeys();
			return;
		}
		const team = this.#team;
		const { version, budgets, teamId } = team.registration;
		team.registration = { teamId, version: version + 1, budgets: change(budgets) };
		const { registration } = team;
		this.#insist(() => team.shell.receive(({ api }) => api.configure(structuredClone(registration))), tellKeys);
	}

	#adjust({ id, owner, limit }: BudgetSpec): void {
		const { random, time } = this.#on;
		const amount = Math.floor(limit * random.pick([-0.8, -0.5, 0.3]));
		const change: BudgetChange = {
			id: `change ${this.#changes++}`,
			budgetId: id,
			kind: "adjustment",
			amount,
			reason: "because",
			at: time.now,
		};
		const confirm = this.#truth.changeLimit(id, amount);
		if (owner === "team") {
			this.#insist(() => this.#team.shell.receive(({ api }) => api.adjust(structuredClone(change))), confirm);
			return;
		}
		const key = this.#keys.find(({ registration }) => registration.budgets.some((spec) => spec.id === id));
		if (key === undefined) throw new Error(`no key has ${id}`);
		this.#insist(() => key.shell.receive(({ api }) => api.adjust(structuredClone(change))), confirm);
	}

	#tell({ shell, registration }: Key, confirmed: () => void): void {
		this.#insist(() => shell.receive(async ({ api }) => api.configure(structuredClone(registration))), confirmed);
	}

	/** Repeats a call until it is confirmed. */
	#insist(handle: Handle, confirmed: () => void): void {
		const { network, time, platform } = this.#on;
		const attempt = (): void => {
			void askObject({ getByName: () => null }, "whoever", MAX_ADMIN_MS, () => network.call(platform, handle)).then(
				confirmed,
				() => time.after(500, platform, attempt),
			);
		};
		time.as(platform, attempt);
	}
}
