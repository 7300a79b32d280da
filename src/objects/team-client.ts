/** Calls the object of one team; each method is the object's of that name, under its deadline. */

import type { BudgetChange, BudgetChanged, TeamBudgetStatus, TeamRegistration } from "#core/budget/budget-status";
import type { TeamId } from "#core/ids";
import type { Swept } from "#core/usage/owed";
import type { LeaseReport, Loan } from "#durable-objects/shared/lease-protocol";
import type { Env } from "#env";
import { askObject, MAX_ADMIN_MS, MAX_SWEEP_MS } from "./call";

/** In milliseconds. A request and its key's object wait for money; the team may call other keys first. */
export const MAX_EXCHANGE_MS = 2_000;

type Stub = ReturnType<Env["TEAMS"]["getByName"]>;

/** Every method throws what the object threw, or `DeadlineError`; then the call may have run nevertheless. */
export class TeamClient {
	readonly #teams: Env["TEAMS"];
	readonly #teamId: TeamId;

	constructor(teams: Env["TEAMS"], teamId: TeamId) {
		this.#teams = teams;
		this.#teamId = teamId;
	}

	exchange(reports: readonly LeaseReport[]): Promise<readonly Loan[]> {
		return this.#ask(MAX_EXCHANGE_MS, async (stub): Promise<readonly Loan[]> => await stub.exchange(reports));
	}

	configure(registration: TeamRegistration): Promise<number> {
		return this.#ask(MAX_ADMIN_MS, async (stub) => await stub.configure(registration));
	}

	/** The object is told first what is registered, in case no key came there yet. */
	budgetStatus(registration: TeamRegistration, asks: boolean): Promise<TeamBudgetStatus> {
		return this.#ask(MAX_ADMIN_MS, async (stub): Promise<TeamBudgetStatus> => {
			await stub.configure(registration);
			return await stub.budgetStatus(asks);
		});
	}

	/** The object is told first what is registered, as for `budgetStatus`. */
	adjust(registration: TeamRegistration, change: BudgetChange): Promise<BudgetChanged> {
		return this.#ask(MAX_ADMIN_MS, async (stub): Promise<BudgetChanged> => {
			await stub.configure(registration);
			return await stub.adjust(change);
		});
	}

	sweep(): Promise<Swept> {
		return this.#ask(MAX_SWEEP_MS, async (stub): Promise<Swept> => await stub.sweep());
	}

	#ask<T>(ms: number, ask: (stub: Stub) => Promise<T>): Promise<T> {
		return askObject(this.#teams, this.#teamId, ms, ask);
	}
}
