// Decodes entries of keys' outboxes.
import * as v from "valibot";
import type { KeyId, TeamId } from "#core/ids";
import { fieldName } from "#core/usage/field-name";
import { USAGE_FIGURES, type UsageFigures } from "#core/usage/rollup-columns";
import { isObject, type JsonObject } from "#lib/json";
import { Integer, Millis } from "#store/d1/columns";

// How an entry of a key's outbox is read before it is shipped. Another release may have stored it, and it must not get
// stuck: what it does not know was not counted, and what only it knows has no column.

/** An id. */
function id<T extends string>() {
	return v.custom<T>((value) => typeof value === "string");
}

type Figure = keyof UsageFigures;
type FigureEntries = { readonly [Name in Figure]: v.OptionalSchema<typeof Integer, 0> };
const figures = Object.fromEntries(
	USAGE_FIGURES.map((name) => [fieldName(name), v.optional(Integer, 0)]),
) as FigureEntries;

/** An entry of a key's outbox as it is shipped. Rows go on as they were stored, and D1 checks their types. */
export const UsageEntrySchema = v.object({
	rows: v.array(v.custom<JsonObject>(isObject)),
	counts: v.array(
		v.object({
			hour: Millis,
			teamId: id<TeamId>(),
			keyId: id<KeyId>(),
			app: v.string(),
			provider: v.string(),
			model: v.string(),
			...figures,
			latency: v.array(Integer),
			ttft: v.array(Integer),
		}),
	),
});
