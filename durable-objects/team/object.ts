import { DurableObject } from "cloudflare:workers";
import type { BudgetChange, BudgetChanged, TeamBudgetStatus, TeamRegistration } from "#core/budget/budget-status";
import type { KeyId, TeamId } from "#core/ids";
import type { TeamGrant } from "#core/usage/history";
import type { Swept } from "#core/usage/owed";
import { Alarm } from "#durable-objects/shared/alarm";
import { History, historyCarrier } from "#durable-objects/shared/history";
import type { LeaseReport } from "#durable-objects/shared/lease-messages";
import type { Loan } from "#durable-objects/shared/loan";
import type { Env } from "#env";
import { KeyClient } from "#objects/key-client";
import { readTeamRegistration } from "#store/keys/teams";
import { flushGrants } from "#store/usage/history-flush";
import { TeamGrantSchema } from "#store/usage/history-schemas";
import { migrateTeam, SqlTeamStore, teamRegistrationIn } from "./schema";
import { Team } from "./team";

/** The money that the keys of one team share; its name is the team's id. Keys call it when what they hold runs out. */
export class TeamObject extends DurableObject<Env> {
	readonly #lending: Team;
	readonly #history: History<TeamGrant>;
	readonly #alarm: Alarm;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const { name } = ctx.id;
		if (name === undefined) throw new Error("a team's object is addressed by the team's id");
		const { storage } = ctx;
		const clock = () => Date.now();
		migrateTeam(storage);
		this.#alarm = new Alarm((at) => void storage.setAlarm(at));
		const carrier = historyCarrier(env.DB, `team/${name}`, TeamGrantSchema, clock, (epoch, grants) =>
			flushGrants(env.DB, name, epoch, grants, clock()),
		);
		this.#history = new History({ database: storage, carrier, alarm: this.#alarm, clock, random: Math.random });
		this.#lending = new Team({
			registrations: teamRegistrationIn(storage),
			registry: { read: () => readTeamRegistration(env.DB, name as TeamId) },
			store: new SqlTeamStore(storage, this.#history),
			keys: {
				recall: (keyId, why) => new KeyClient(env.API_KEYS, keyId as KeyId).recall(why),
				report: (keyId) => new KeyClient(env.API_KEYS, keyId as KeyId).report(),
			},
			clock,
		});
	}

	/** For keys' objects: takes what a key reports and lends what it asks for, if there is as much. */
	exchange(reports: readonly LeaseReport[]): Promise<Loan[]> {
		return this.#lending.exchange(reports);
	}

	/** Puts a change into force from the next loan on. Older than what is held: ignored. Returns the version in force. */
	configure(registration: TeamRegistration): Promise<number> {
		return this.#lending.configure(registration);
	}

	/** How the budgets stand; with `asks`, as keys say now. Throws when no such team was ever registered. */
	budgetStatus(asks: boolean): Promise<TeamBudgetStatus> {
		return this.#lending.budgetStatus(asks);
	}

	/** Changes the limit of the current window. Repeating it changes nothing more. */
	adjust(change: BudgetChange): Promise<BudgetChanged> {
		return this.#lending.adjust(change);
	}

	/** For the sweeper: ships what is owed to D1. */
	sweep(): Promise<Swept> {
		return this.#history.sweep();
	}

	override async alarm(): Promise<void> {
		this.#alarm.rang();
		await this.#history.wake();
	}
}
