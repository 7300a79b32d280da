// The rules of `auto` as a document.
import * as v from "valibot";
import { type AutoRules, AutoRulesSchema } from "#core/routing/auto-rules";
import type { StoredDocument } from "./documents";

/** The document's name: there are rules for `auto` alone. */
export const RULES_NAME = "auto";

/** The rules that a document holds; null for a removal, and for ones written in a way that is not understood. */
export function rulesOf({ body }: StoredDocument): AutoRules | null {
	const parsed = v.safeParse(AutoRulesSchema, body);
	return parsed.success ? parsed.output : null;
}
