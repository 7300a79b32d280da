// The histories of teams and providers: read from their outboxes, and written to D1, each entry once.
import * as v from "valibot";
import type { CircuitTransition, TeamGrant } from "#core/usage/history";
import { Millis, NanoDollars } from "#store/d1/columns";
import { type RefusedEntry, refusedStatement } from "./refused-entries";
import { markStatement, unmarked } from "./watermarks";

/** One entry of a history, as it is shipped. */
export interface Shipped<T> {
	readonly seq: number;
	readonly items: readonly T[];
}

/** An entry as a team's outbox stores it. */
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

/** An entry as a provider's outbox stores it. States are words that another release may have more of. */
export const CircuitTransitionSchema: v.GenericSchema<unknown, CircuitTransition> = v.object({
	at: Millis,
	credential: v.nullable(v.string()),
	model: v.nullable(v.string()),
	from: v.custom<CircuitTransition["from"]>((value) => typeof value === "string"),
	to: v.custom<CircuitTransition["to"]>((value) => typeof value === "string"),
	reason: v.string(),
	until: v.nullable(v.number()),
});

const NEW = `FROM json_each(?1) AS entry, json_each(entry.value, '$.items') AS item
	WHERE ${unmarked("entry.value ->> 'seq'")}`;
const PLACE = "?2, ?3, entry.value ->> 'seq', item.key, ?4";
const text = (field: string): string => `item.value ->> '${field}'`;
const integer = (field: string): string => `CAST(item.value ->> '${field}' AS INTEGER)`;

const GRANTS = `
	INSERT INTO team_grants
		(object, epoch, seq, item, team_id, at, key_id, budget_id, window, granted, returned, settled, overrun)
	SELECT ${PLACE}, ${integer("at")}, ${text("keyId")}, ${text("budgetId")}, ${integer("window")},
		${integer("granted")}, ${integer("returned")}, ${integer("settled")}, ${integer("overrun")} ${NEW}`;

const TRANSITIONS = `
	INSERT INTO circuit_transitions
		(object, epoch, seq, item, provider, at, credential, model, from_state, to_state, reason, until)
	SELECT ${PLACE}, ${integer("at")}, ${text("credential")}, ${text("model")}, ${text("from")}, ${text("to")},
		${text("reason")}, ${integer("until")} ${NEW}`;

/** Brings what one epoch of a team's outbox holds into its history. Throws what D1 throws. */
export function flushGrants(
	db: D1Database,
	teamId: string,
	epoch: number,
	entries: readonly Shipped<TeamGrant>[],
	now: number,
): Promise<void> {
	return flush(db, GRANTS, "team", teamId, epoch, entries, now);
}

/** The same of a provider. */
export function flushTransitions(
	db: D1Database,
	provider: string,
	epoch: number,
	entries: readonly Shipped<CircuitTransition>[],
	now: number,
): Promise<void> {
	return flush(db, TRANSITIONS, "provider", provider, epoch, entries, now);
}

/** Passes over an entry that D1 refused: all that comes in of it is that there was one. Throws what D1 throws. */
export async function passOver(
	db: D1Database,
	object: string,
	epoch: number,
	refused: RefusedEntry,
	now: number,
): Promise<void> {
	await db.batch([refusedStatement(db, object, epoch, refused, now), markStatement(db, object, epoch, [refused], now)]);
}

async function flush(
	db: D1Database,
	query: string,
	kind: string,
	name: string,
	epoch: number,
	entries: readonly Shipped<unknown>[],
	now: number,
): Promise<void> {
	const object = `${kind}/${name}`;
	const marks = entries.map(({ seq }) => ({ seq, cost: 0 }));
	await db.batch([
		db.prepare(query).bind(JSON.stringify(entries), object, epoch, name),
		markStatement(db, object, epoch, marks, now),
	]);
}
