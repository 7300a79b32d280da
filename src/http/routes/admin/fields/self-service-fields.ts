// Decodes a team's ceilings for self-service.
import * as v from "valibot";
import { SELF_SERVICE_WINDOWS, type SelfService } from "#core/key/self-service";
import { LimitUsd } from "./budget-fields";

const MAX_KEYS = 100;
const MAX_DAYS = 3650;

export const SelfServiceWindowField = v.optional(
	v.picklist(SELF_SERVICE_WINDOWS, `must be one of ${SELF_SERVICE_WINDOWS.join(", ")}`),
	"month",
);

const count = (most: number) =>
	v.pipe(
		v.number(),
		v.integer("must be a whole number"),
		v.minValue(1, "must be at least 1"),
		v.maxValue(most, `must be at most ${most}`),
	);

/** Null lets members make no key by themselves. */
export const SelfServiceField = v.nullable(
	v.strictObject({
		max_keys: count(MAX_KEYS),
		max_budget_usd: LimitUsd,
		window: SelfServiceWindowField,
		max_days: v.optional(v.nullable(count(MAX_DAYS)), null),
	}),
);

export function selfServiceOf(body: v.InferOutput<typeof SelfServiceField>): SelfService | null {
	if (body === null) return null;
	const { max_keys: maxKeys, max_budget_usd: maxBudget, window, max_days: maxDays } = body;
	return { maxKeys, maxBudget, window, maxDays };
}
