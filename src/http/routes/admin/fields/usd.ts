// Decodes amounts of money.
import * as v from "valibot";
import { parseUsd } from "#metering/money";

/** An amount in USD, read as nano-dollars. */
export const Usd = v.pipe(
	v.union([v.string(), v.number()]),
	v.transform(parseUsd),
	v.number('must be an amount in USD such as "12.50", with at most nine decimals'),
);
