/**
 * What of a turn must go back to its vendor unchanged and has no place of its own in Responses: blocks of reasoning of
 * every vendor, and Gemini's signatures of calls. It travels in the `encrypted_content` of a reasoning item, which
 * clients return as it came.
 */
import * as v from "valibot";
import type { ReasoningDetail, VendorExtra } from "#core/chat/chat";
import { parseJson } from "#lib/json";

/** What the gateway sealed begins so; everything else in `encrypted_content` is OpenAI's own. */
const PREFIX = "tollgate:";

const SealedSchema = v.object({
	details: v.array(v.looseObject({ type: v.string() })),
	calls: v.record(
		v.string(),
		v.object({ google: v.exactOptional(v.object({ thought_signature: v.exactOptional(v.string()) })) }),
	),
});

export interface Sealed {
	readonly details: readonly ReasoningDetail[];
	/** By the id of the call. */
	readonly calls: Readonly<Record<string, VendorExtra>>;
}

export function seal(sealed: Sealed): string {
	return PREFIX + JSON.stringify(sealed);
}

/** What was sealed; null when the gateway did not seal it. */
export function unseal(content: string): Sealed | null {
	if (!content.startsWith(PREFIX)) return null;
	const result = v.safeParse(SealedSchema, parseJson(content.slice(PREFIX.length)));
	return result.success ? (result.output as Sealed) : { details: [], calls: {} };
}

/** Adds blocks to those of the same reasoning; fragments of one block, which have its index, become one. */
export function addDetails(details: ReasoningDetail[], more: readonly ReasoningDetail[]): void {
	for (const next of more) {
		const last = details.at(-1);
		if (last === undefined || next.index === undefined || last.index !== next.index || last.type !== next.type) {
			details.push({ ...next });
			continue;
		}
		for (const field of ["text", "summary", "data", "signature"] as const) {
			if (typeof next[field] === "string") last[field] = (last[field] ?? "") + next[field];
		}
		last.id ??= next.id ?? null;
		last.format ??= next.format ?? null;
	}
}
