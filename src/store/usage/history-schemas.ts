// Decoders of histories as outboxes store them.
import * as v from "valibot";
import type { CircuitTransition, TeamGrant } from "#core/usage/history";
import { Millis, NanoDollars } from "#store/d1/columns";

/** As they are stored in outboxes. */
export const TeamGrantSchema: v.GenericSchema<unknown, TeamGrant> = v.object({
	at: Millis,
	keyId: v.string(),
	budgetId: v.string(),
	window: Millis,
	granted: NanoDollars,
	returned: NanoDollars,
	settled: NanoDollars,
	overrun: NanoDollars,
});

/** States are words that another release may have more of. */
export const CircuitTransitionSchema: v.GenericSchema<unknown, CircuitTransition> = v.object({
	at: Millis,
	credential: v.nullable(v.string()),
	model: v.nullable(v.string()),
	from: v.custom<CircuitTransition["from"]>((value) => typeof value === "string"),
	to: v.custom<CircuitTransition["to"]>((value) => typeof value === "string"),
	reason: v.string(),
	until: v.nullable(v.number()),
});
