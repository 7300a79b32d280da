import * as v from "valibot";
import type { CircuitTransition, TeamGrant } from "../core/history";
import { Instant } from "./key-schemas";

/** As they are stored in outboxes. */
export const TeamGrantSchema: v.GenericSchema<unknown, TeamGrant> = v.object({
	at: Instant,
	keyId: v.string(),
	budgetId: v.string(),
	window: Instant,
	granted: Instant,
	returned: Instant,
	settled: Instant,
	overrun: Instant,
});

/** States are words that another release may have more of. */
export const CircuitTransitionSchema: v.GenericSchema<unknown, CircuitTransition> = v.object({
	at: Instant,
	credential: v.nullable(v.string()),
	model: v.nullable(v.string()),
	from: v.custom<CircuitTransition["from"]>((value) => typeof value === "string"),
	to: v.custom<CircuitTransition["to"]>((value) => typeof value === "string"),
	reason: v.string(),
	until: v.nullable(v.number()),
});
