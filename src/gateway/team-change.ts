import { GatewayError } from "../core/errors";
import type { Env } from "../env";
import { listKeys, type StoredKey } from "../store/keys";
import type { StoredTeam } from "../store/teams";
import { enforceKey } from "./key-change";

const PAGE = 100;
/** How many keys are told at a time. */
const AT_ONCE = 5;

/**
 * Puts a change of a team's limits or budgets into force: when this returns, the next request of each of its keys meets
 * it. Throws `GatewayError` 503 when an object did not confirm, after all of them were tried; repeating is safe.
 */
export async function enforceTeam(
	env: Pick<Env, "DB" | "KEY_RECORDS" | "API_KEYS">,
	execution: ExecutionContext,
	team: StoredTeam,
	now: number,
): Promise<void> {
	let unconfirmed = 0;
	let after: string | null = null;
	for (let more = true; more; ) {
		const page: { keys: StoredKey[]; more: boolean } = await listKeys(
			env.DB,
			{ teamId: team.id, after, limit: PAGE },
			now,
		);
		const waiting = page.keys.filter(({ revokedAt }) => revokedAt === null);
		const tell = async (): Promise<void> => {
			for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
				await enforceKey(env, execution, key).catch(() => unconfirmed++);
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, tell));
		after = page.keys.at(-1)?.id ?? null;
		more = page.more;
	}
	if (unconfirmed > 0) {
		throw new GatewayError({
			status: 503,
			type: "server_error",
			code: "key_change_unconfirmed",
			message: `[gateway] the change is recorded, but the objects of ${unconfirmed} of the team's keys did not confirm it, so these may still work as before for some minutes; repeat the request: that is safe`,
			retryAfterMs: 1_000,
		});
	}
}
