// Seals and checks the encrypted reasoning of the Responses API.
import { sign, verify } from "#simulator/model/signature";

/** What encrypted reasoning is signed over: the simulator has nothing to encrypt. */
const SEALED = "reasoning";

/** The encrypted reasoning of an item; only the one of the finished item may come back. */
export function sealReasoning(stage: "added" | "done"): string {
	return sign(`openai ${stage}`, SEALED);
}

export function isSealed(content: string): boolean {
	return verify(content, "openai done", SEALED) === "valid";
}
