// Decodes a key's limits.
import * as v from "valibot";
import { type KeyLimits, LIMIT_KINDS, LIMIT_NAMES, perLimit } from "#core/budget/limits";
import type { LimitChanges } from "#store/keys/keys";
import { objectOf } from "./body";

const count = (most: number) =>
	v.exactOptional(
		v.nullable(
			v.pipe(
				v.number(),
				v.integer("must be a whole number"),
				v.minValue(1, "must be at least 1; null takes the limit away"),
				v.maxValue(most, `must be at most ${most}`),
			),
		),
	);

/** The limits of a key as the admin API writes them. Null takes all of them away, or one. */
export const Limits = v.nullable(
	objectOf(
		v.strictObject(
			Object.fromEntries(LIMIT_NAMES.map((name) => [LIMIT_KINDS[name].wireName, count(LIMIT_KINDS[name].max)])),
		),
		"must be an object of limits",
	),
);
type LimitsBody = v.InferOutput<typeof Limits> | undefined;

/** The limits that a body mentions, in the gateway's own form. */
export function limitChanges(body: LimitsBody): LimitChanges {
	if (body === null) return perLimit(LIMIT_NAMES, () => null);
	return Object.fromEntries(
		LIMIT_NAMES.flatMap((name) => {
			const limit = body?.[LIMIT_KINDS[name].wireName];
			return limit === undefined ? [] : [[name, limit]];
		}),
	);
}

/** The limits of a new key or team. */
export function newLimits(body: LimitsBody): KeyLimits {
	return Object.fromEntries(
		LIMIT_NAMES.flatMap((name) => {
			const limit = body?.[LIMIT_KINDS[name].wireName];
			return limit == null ? [] : [[name, limit]];
		}),
	);
}
