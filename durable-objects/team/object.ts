// The Durable Object class of one team: its RPC methods, its storage and its alarm around `Team`.
import { DurableObject } from "cloudflare:workers";
import type { BudgetChange, BudgetChanged, TeamBudgetStatus, TeamRegistration } from "#core/budget/budget-status";
import type { KeyId, TeamId } from "#core/ids";
import type { TeamGrant } from "#core/usage/history";
import type { Swept } from "#core/usage/owed";
import { Alarm } from "#durable-objects/shared/alarm";
import { History, historyShipper } from "#durable-objects/shared/history";
import type { LeaseReport, Loan } from "#durable-objects/shared/lease-protocol";
import type { Env } from "#env";
import { KeyClient } from "#objects/key-client";
import type { TeamRpc } from "#objects/rpc";
import { readTeamRegistration } from "#store/keys/teams";
import { flushGrants, TeamGrantSchema } from "#store/usage/object-history";
import { LATE_MS } from "./budget";
import { migrateTeam, SqlTeamStore, teamRegistrationIn } from "./schema";
import { Team } from "./team";

/**
 * An alarm may ring before the time by the clock of another copy: what was to be forgotten is looked at again after
 * that.
 */
const AGAIN_MS = 15_000;

/** The money that the keys of one team share; its name is the team's id. Keys call it when what they hold runs out. */
export class TeamObject extends DurableObject<Env> implements TeamRpc {
	readonly #team: Team;
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
		const shipper = historyShipper(env.DB, `team/${name}`, TeamGrantSchema, clock, (epoch, grants) =>
			flushGrants(env.DB, name, epoch, grants, clock()),
		);
		this.#history = new History({ database: storage, shipper, alarm: this.#alarm, clock, random: Math.random });
		this.#team = new Team({
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

	/** For keys' objects: takes a key's reports and lends what it asks for, if enough is left. */
	exchange(reports: readonly LeaseReport[]): Promise<Loan[]> {
		return this.#team.exchange(reports);
	}

	/**
	 * Puts a change into force from the next loan on. An older registration than the one in force is ignored. Returns the
	 * version in force.
	 */
	configure(registration: TeamRegistration): Promise<number> {
		// Budgets may be gone with it, and nothing be lent any more.
		this.#alarm.wakeAt(Date.now() + LATE_MS);
		return this.#team.configure(registration);
	}

	/**
	 * The figures of the budgets; with `asksKeys`, as the keys report them now. Throws when no such team was ever
	 * registered.
	 */
	budgetStatus(asksKeys: boolean): Promise<TeamBudgetStatus> {
		return this.#team.budgetStatus(asksKeys);
	}

	/** Changes the limit of the current window. Repeating it changes nothing more. */
	adjust(change: BudgetChange): Promise<BudgetChanged> {
		return this.#team.adjust(change);
	}

	/** For the sweeper: ships what is owed to D1. */
	sweep(): Promise<Swept> {
		return this.#history.sweep();
	}

	override async alarm(): Promise<void> {
		this.#alarm.rang();
		// Whatever is lent is history that is owed, so an alarm follows it.
		const forgetAt = this.#team.forget();
		if (forgetAt !== null) this.#alarm.wakeAt(Math.max(forgetAt, Date.now() + AGAIN_MS));
		await this.#history.wake();
	}
}
