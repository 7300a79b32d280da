import type { Outcome, ProviderHealth, TrialPermit } from "../core/health";
import type { CredentialId, ProviderName } from "../core/ids";
import type { Env } from "../env";

/**
 * What this isolate knows of the providers' health: a function from a name to it, null when nothing is known, which is as
 * good as closed. Waits for the providers' objects only when the isolate has not heard from them for long, and then
 * briefly; never throws.
 */
export async function healthView(
	_on: { env: Env; execution: ExecutionContext; receivedAt: number },
	_providers: readonly ProviderName[],
): Promise<(provider: ProviderName) => ProviderHealth | null> {
	return () => null;
}

/**
 * Tells a provider's object what an attempt taught, without making anyone wait. An attempt is judged at its first
 * content: report `ok` then, with `ttftMs`. When its stream has ended, report once more: `ignored` with `stream` and
 * `prompt` when it was whole, `failed` with `midstream` when it broke. A whole answer is one report.
 * The gateway's own refusals are nobody's outcome: do not report them.
 */
export function reportOutcome(
	_on: { env: Env; execution: ExecutionContext },
	_provider: ProviderName,
	_outcome: Outcome,
): void {}

/**
 * Asks for the right to try a target that is half open; with `panic`, when there is nothing else to try, also one that is
 * still open. Null when somebody else tries, when it was tried within the last second, or when the object does not
 * answer. The attempt names the permit in its outcomes, and must show its first content before the permit expires.
 */
export async function acquireTrial(
	_env: Env,
	_provider: ProviderName,
	_cell: { credential: CredentialId; model: string },
	_when: "due" | "panic" = "due",
): Promise<TrialPermit | null> {
	return null;
}

/** After an admin's decision in this isolate: what is known here is asked for anew. */
export function forgetHealth(_env: Env): void {}
