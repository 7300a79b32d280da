/** Asks for the hold of a prepared attempt, and once more where its prompt comes to less than its text. */
import type { Principal } from "#core/key/principal";
import { type HoldOutcome, SpendRefused } from "#gateway/spending/reservation";
import type { Ports } from "./ports";
import { countedAnew, type PreparedAttempt, type RequestJob } from "./prepared-attempt";

/** What asking for a hold came to, and with which bound it was asked. */
type Asked = HoldOutcome & { readonly prepared: PreparedAttempt };

/**
 * Asks for what the text of the prompt can come to at most. Where that is too much, the prompt is counted, which may
 * come to less, and the gateway asks once more. Throws what reserving throws.
 */
export async function askHold(
	{ reserve }: Pick<Ports, "reserve">,
	job: RequestJob,
	number: number,
	prepared: PreparedAttempt,
	under: { readonly principal: Principal; readonly version: number },
): Promise<Asked> {
	const { principal, version } = under;
	try {
		return { ...(await reserve(number, prepared, principal, version)), prepared };
	} catch (error) {
		const counted = error instanceof SpendRefused ? countedAnew(job, prepared) : null;
		if (counted === null) throw error;
		return { ...(await reserve(number, counted, principal, version)), prepared: counted };
	}
}
