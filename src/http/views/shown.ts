// The words in which views say what they show: shared parts of their schemas, and the type of what a schema shows.
import * as v from "valibot";

/** What a view of this schema answers, so that neither can have a field that the other lacks. */
export type Shown<Schema extends v.GenericSchema> = Frozen<v.InferOutput<Schema>>;

type Frozen<T> = T extends readonly (infer Item)[]
	? readonly Frozen<Item>[]
	: T extends object
		? { readonly [Field in keyof T]: Frozen<T[Field]> }
		: T;

/** A time as answers write it. */
export const Instant = v.pipe(v.string(), v.isoTimestamp());

/** Dollars, exactly: a decimal string. */
export const Dollars = v.pipe(v.string(), v.regex(/^-?\d+(\.\d+)?$/), v.description("USD"));

/** Billionths of a dollar. */
export const NanoDollars = v.pipe(v.number(), v.safeInteger(), v.description("billionths of a USD"));

/** Labels of the admin's or the caller's own. */
export const Labels = v.record(v.string(), v.string());

/** An object whose fields are as their owner wrote them. */
export const AnyObject = v.record(v.string(), v.unknown());

/** A page of a list, in OpenAI's shape. */
export function pageView<Item extends v.GenericSchema>(item: Item) {
	return v.object({
		object: v.literal("list"),
		data: v.array(item),
		has_more: v.boolean(),
		next: v.pipe(v.nullable(v.string()), v.description("the `after` of the next page; null on the last")),
	});
}

/** What a removal answers. */
export function removedView<Name extends string>(object: Name) {
	return v.object({ id: v.string(), object: v.literal(object), deleted: v.literal(true) });
}
