// The one table of the roll-ups' figures; all that counts, stores or shows them derives from it.
import { type FieldName, fieldName } from "./field-name";
import { LATENCY_BUCKETS } from "./latency-buckets";

// The one table of the roll-ups, `usage_hourly` and `usage_daily`. What is tallied, stored, shipped, asked for and
// reported derives from it. A new figure is a line here, a migration that adds the column to both with DEFAULT 0, and
// where `UsageTally` counts it.

/** What tells the rows of a roll-up apart. The period is its start in milliseconds since the epoch. */
export const ROLLUP_KEY = ["period", "team_id", "key_id", "app", "provider", "model"] as const;

/** What is counted of requests where they were served, and of attempts where they were made. Everything adds up. */
export const USAGE_FIGURES = [
	"requests",
	// Of the requests, by how they failed: the error types of `core/errors.ts`.
	"invalid_requests",
	"permission_errors",
	"quota_errors",
	"rate_limit_errors",
	"server_errors",
	// The caller left.
	"cancelled",
	"attempts",
	"input_tokens",
	// Of the input, both.
	"cached_input_tokens",
	"cache_write_tokens",
	"output_tokens",
	// Of the output.
	"reasoning_tokens",
	// Nano-dollars, both; the second is a part of the first that no provider reported.
	"cost",
	"estimated_cost",
	// Holds that ran out without a word and are charged in full.
	"expired",
	// Attempts whose provider reported usage that cannot be true, and by how many nano-dollars that is more than they
	// were charged.
	"implausible",
	"possible_overrun",
	// Attempts that used tokens of a model whose price is not known: they cost nothing in these books.
	"unpriced",
	// Nano-dollars that vendors' caches saved of the cost; negative where writing to them cost more.
	"cache_discount",
	// What vendors billed beside tokens, each in its own units: of images, of sound, and of text that was read aloud.
	"images",
	"image_tiles",
	"image_steps",
	"audio_ms",
	"spoken_characters",
	"spoken_bytes",
] as const;
export type UsageFigure = (typeof USAGE_FIGURES)[number];

/** The figures by field. */
export type UsageFigures = { readonly [Name in UsageFigure as FieldName<Name>]: number };

export const NO_USAGE = Object.fromEntries(USAGE_FIGURES.map((name) => [fieldName(name), 0])) as UsageFigures;

const bucketColumns = (name: "latency" | "ttft"): string[] =>
	Array.from({ length: LATENCY_BUCKETS }, (_, bucket) => `${name}_${String(bucket).padStart(2, "0")}`);

/** A histogram by `latencyBucket`: how many answers fell into each bucket. */
export const LATENCY_COLUMNS: readonly string[] = bucketColumns("latency");

/** The same of their first content. */
export const TTFT_COLUMNS: readonly string[] = bucketColumns("ttft");
