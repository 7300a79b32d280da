// Chooses among schemas of objects by a field that tells them apart.
import * as v from "valibot";
import { isObject } from "#lib/json";

/** Has a literal by which it is told apart from others. */
interface Told<Key extends string> {
	readonly entries: Readonly<Record<Key, v.LiteralSchema<string, undefined>>>;
}

/**
 * What `v.variant` of these options is, but the option is looked up by what was sent. `v.variant` tries one after the
 * other, and for each that does not fit it makes up what is wrong: in a long conversation that takes longer than all
 * else. What fits none is explained by `otherwise`, the variant of all.
 */
export function choiceBy<
	Key extends string,
	Option extends v.GenericSchema & Told<Key>,
	Variant extends v.GenericSchema,
>(key: Key, options: readonly Option[], otherwise: Variant) {
	const byName = new Map<unknown, Option>(options.map((option) => [option.entries[key].literal, option]));
	return v.lazy<Option | Variant>((input) => (isObject(input) ? byName.get(input[key]) : undefined) ?? otherwise);
}
