// Puts an admin's change of a team into force at the team's object and at all of its keys.

import { GatewayError } from "#core/errors";
import { EVERYTHING } from "#core/rights";
import type { Env } from "#env";
import { mapConcurrent } from "#lib/map-concurrent";
import { TeamClient } from "#objects/team-client";
import { listKeys, type StoredKey } from "#store/keys/keys";
import { type StoredTeam, teamRegistrationOf } from "#store/keys/teams";
import { enforceKey } from "./key-change";

const PAGE = 100;

/**
 * Puts a change of a team's limits or budgets into force: when this returns, the next request of each of its keys meets
 * it. The team's object is told first, because it must know a budget before a key asks it for money. Throws
 * `GatewayError` 503 when an object did not confirm, after all of them were tried; repeating is safe.
 */
export async function enforceTeam(
	env: Pick<Env, "DB" | "KEY_RECORDS" | "API_KEYS" | "TEAMS">,
	execution: ExecutionContext,
	team: StoredTeam,
	now: number,
): Promise<void> {
	const registration = teamRegistrationOf(team);
	const confirmed = await new TeamClient(env.TEAMS, team.id).configure(registration).then(
		() => true,
		() => false,
	);
	let unconfirmed = 0;
	let after: string | null = null;
	for (let more = true; more; ) {
		const page: { keys: StoredKey[]; more: boolean } = await listKeys(
			env.DB,
			{ teamId: team.id, after, limit: PAGE },
			EVERYTHING,
			now,
		);
		const valid = page.keys.filter(({ revokedAt }) => revokedAt === null);
		await mapConcurrent(valid, (key) => enforceKey(env, execution, key).catch(() => void unconfirmed++));
		after = page.keys.at(-1)?.id ?? null;
		more = page.more;
	}
	if (unconfirmed > 0 || !confirmed) {
		const silent = [
			...(confirmed ? [] : ["the team's object"]),
			...(unconfirmed > 0 ? [`the objects of ${unconfirmed} of its keys`] : []),
		];
		throw GatewayError.of(
			"key_change_unconfirmed",
			`the change is recorded, but ${silent.join(" and ")} did not confirm it, so keys of the team may still work as before for some minutes; repeat the request: that is safe`,
		);
	}
}
