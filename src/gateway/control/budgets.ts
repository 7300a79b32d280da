// Reads and changes the money of keys and teams, for admins and for a key's holder.
import type { BudgetChange, BudgetChanged, KeyBudgetStatus, TeamBudgetStatus } from "#core/budget/budget-status";
import { GatewayError } from "#core/errors";
import type { KeyId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { Env } from "#env";
import { KeyClient } from "#objects/key-client";
import { TeamClient } from "#objects/team-client";
import { registrationOf } from "#store/keys/key-forms";
import type { StoredKey } from "#store/keys/keys";
import { type StoredTeam, teamRegistrationOf } from "#store/keys/teams";

/**
 * The state of a key's budgets, for an admin: the object is told first what is registered, in case no request was there
 * yet.
 */
export function keyBudgets(env: Pick<Env, "API_KEYS">, key: StoredKey): Promise<KeyBudgetStatus> {
	return keyStatus(env, key.id, registrationOf(key));
}

/** The same for the key's holder, whose request the object has admitted. */
export function ownBudgets(env: Pick<Env, "API_KEYS">, keyId: KeyId): Promise<KeyBudgetStatus> {
	return keyStatus(env, keyId, null);
}

async function keyStatus(
	env: Pick<Env, "API_KEYS">,
	keyId: KeyId,
	registration: KeyRegistration | null,
): Promise<KeyBudgetStatus> {
	try {
		return await new KeyClient(env.API_KEYS, keyId).budgetStatus(registration);
	} catch {
		throw unavailable();
	}
}

/** The state of a team's budgets, as its keys reported lately; with `asks`, as they report now. */
export async function teamBudgets(env: Pick<Env, "TEAMS">, team: StoredTeam, asks: boolean): Promise<TeamBudgetStatus> {
	try {
		return await new TeamClient(env.TEAMS, team.id).budgetStatus(teamRegistrationOf(team), asks);
	} catch {
		throw unavailable();
	}
}

/**
 * Applies a recorded change at a key. Throws `GatewayError` 503 when the key's object did not confirm it, so it may be
 * applied or not.
 */
export async function changeKeyBudget(
	env: Pick<Env, "API_KEYS">,
	key: StoredKey,
	change: BudgetChange,
): Promise<BudgetChanged> {
	try {
		return await new KeyClient(env.API_KEYS, key.id).adjust(registrationOf(key), change);
	} catch {
		throw unconfirmed(change);
	}
}

/** The same at a team. */
export async function changeTeamBudget(
	env: Pick<Env, "TEAMS">,
	team: StoredTeam,
	change: BudgetChange,
): Promise<BudgetChanged> {
	try {
		return await new TeamClient(env.TEAMS, team.id).adjust(teamRegistrationOf(team), change);
	} catch {
		throw unconfirmed(change);
	}
}

function unavailable(): GatewayError {
	return GatewayError.of("budget_unavailable", "how the budgets stand could not be found out just now; try again");
}

function unconfirmed({ id }: BudgetChange): GatewayError {
	return GatewayError.of(
		"budget_change_unconfirmed",
		`the change is recorded as \`${id}\`, but it is not certain whether it counts yet; repeat the request with that \`id\`: it counts once`,
		{ metadata: { id } },
	);
}
