// Reads instants and dates that callers write.
import * as v from "valibot";
import { beginsWithRealDay } from "#lib/calendar";

/** A time as a caller writes it, read as milliseconds since the epoch. */
export const DateTime = v.pipe(
	v.string(),
	v.isoTimestamp("must be a date and time with a time zone, such as 2027-01-31T12:00:00Z"),
	v.check(beginsWithRealDay, "must be a date that exists"),
	v.transform((text) => Date.parse(text)),
	v.safeInteger("must be a date that exists"),
);

/** The same, or a day alone, which means its beginning in UTC. */
export const Moment = v.pipe(
	v.string(),
	v.check(
		(text) => v.is(v.union([v.pipe(v.string(), v.isoTimestamp()), v.pipe(v.string(), v.isoDate())]), text),
		"must be a day, or a date and time with a time zone, such as 2027-01-31 or 2027-01-31T12:00:00Z",
	),
	v.check(beginsWithRealDay, "must be a date that exists"),
	v.transform((text) => Date.parse(text)),
	v.safeInteger("must be a date that exists"),
);
