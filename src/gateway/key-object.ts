import type { KeyId } from "../core/ids";
import type { Env } from "../env";
import { within } from "../store/deadline";

type KeyStub = ReturnType<Env["API_KEYS"]["getByName"]>;

/**
 * Calls a key's object: a fresh stub per attempt, because one that failed keeps failing, and one repetition unless the
 * object is overloaded. The call may have run although this throws, so ask only what may be asked twice.
 * Throws what the object threw, or `DeadlineError` after `ms` over both attempts.
 */
export function askKeyObject<T>(
	keys: Env["API_KEYS"],
	keyId: KeyId,
	ms: number,
	ask: (stub: KeyStub) => Promise<T>,
): Promise<T> {
	const attempt = async () => ask(keys.getByName(keyId));
	return within(
		ms,
		"the key's object",
		attempt().catch((error: unknown) => {
			if (isOverloaded(error)) throw error;
			return attempt();
		}),
	);
}

function isOverloaded(error: unknown): boolean {
	return error instanceof Error && "overloaded" in error && error.overloaded === true;
}
