// Decoders of stored columns, by unit.
import * as v from "valibot";

// How single columns of stored rows, and single fields of stored JSON, are read. Names say the unit. Whatever a
// database hands back that is not exact is an error here and not a rounded amount later.

const Exact = v.pipe(v.number(), v.safeInteger());

/** A count, a size, a sequence number or a number of tokens; negative where it corrects another. */
export const Integer = Exact;

/** Milliseconds since the epoch. */
export const Millis = Exact;

/** Of what admins change, one more with each change. */
export const Version = Exact;

/** Money in nano-dollars, negative where charges were lowered. */
export const NanoDollars = Exact;

/** Text that is not empty. */
export const Text = v.pipe(v.string(), v.minLength(1));
