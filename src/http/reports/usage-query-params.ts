// Reads a question about usage from a query string.

import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import { GROUP_COLUMNS, isLogGroup, USAGE_INTERVALS, type UsageGroup, type UsageInterval } from "#core/usage/usage-sum";
import { LiveField } from "#http/reports/live-field";
import { Moment } from "#http/request/time-fields";
import { DAY_MS, HOUR_MS } from "#lib/time";
import type { LogTerms } from "#store/usage/logged-usage";
import type { UsageQuestion, UsageScope } from "#store/usage/usage-query";

/** How far back a question goes that does not say it, and how far at most, in milliseconds. */
const DEFAULT_SPAN_MS = { hour: DAY_MS, day: 30 * DAY_MS, month: 365 * DAY_MS, none: 30 * DAY_MS };
const MAX_SPAN_MS = { hour: 31 * DAY_MS, day: 400 * DAY_MS, month: 3_660 * DAY_MS, none: 3_660 * DAY_MS };
/** How far back the log of requests is asked: it is read row by row. */
const MAX_LOG_SPAN_MS = 31 * DAY_MS;
/** A sum over more than this is made of whole days. */
const HOURLY_MS = 2 * DAY_MS;
const MAX_ROWS = 10_000;
/** Over all teams' usage of more than this, percentiles are only given when the admin asks for them. */
const UNASKED_MS = 8 * DAY_MS;

const isGroup = (word: string): word is UsageGroup => Object.hasOwn(GROUP_COLUMNS, word);
const isInterval = (word: string): word is UsageInterval => USAGE_INTERVALS.some((interval) => interval === word);

/** The parameters of a question about usage, besides whose it is. */
export const usageFields = {
	group_by: v.optional(
		v.pipe(
			v.string(),
			v.transform((text) => text.split(",")),
			v.check(
				(words) => words.every((word) => isGroup(word) || isInterval(word)),
				`must be made of ${[...Object.keys(GROUP_COLUMNS), ...USAGE_INTERVALS].join(", ")}, with commas between`,
			),
			v.check((words) => new Set(words).size === words.length, "must name nothing twice"),
			v.check((words) => words.filter(isInterval).length <= 1, "must name one of hour, day and month at most"),
		),
	),
	interval: v.optional(v.picklist(USAGE_INTERVALS, `must be one of ${USAGE_INTERVALS.join(", ")}`)),
	from: v.optional(Moment),
	to: v.optional(Moment),
	end_user: v.optional(v.string()),
	operation: v.optional(v.string()),
	tag: v.optional(v.pipe(v.string(), v.minLength(1, "must be the name of a label"))),
	tag_value: v.optional(v.string()),
	percentiles: v.optional(v.picklist(["true", "false"], "must be true or false")),
	live: LiveField,
	limit: v.optional(
		v.pipe(
			v.string(),
			v.regex(/^\d{1,5}$/, `must be a whole number from 1 to ${MAX_ROWS}`),
			v.transform(Number),
			v.minValue(1, "must be at least 1"),
			v.maxValue(MAX_ROWS, `must be at most ${MAX_ROWS}`),
		),
		"1000",
	),
};
const UsageFields = v.object(usageFields);
export type UsageFields = v.InferOutput<typeof UsageFields>;

/**
 * What is asked of the roll-ups, or of the log. Its times are widened to whole hours, days or months, because that is
 * what they are made of. Throws `GatewayError` 400 for a time that ends before it begins or is longer than one answer
 * can be, and for a tag of no name.
 */
export function usageQuestion(fields: UsageFields, scope: UsageScope, now: number): UsageQuestion {
	const words = fields.group_by ?? [];
	const groups = words.filter(isGroup);
	const interval = fields.interval ?? words.find(isInterval) ?? null;
	const kind = interval ?? "none";
	const log = logTerms(fields, groups);
	const to = fields.to ?? now;
	const most = log === null ? MAX_SPAN_MS[kind] : MAX_LOG_SPAN_MS;
	const from = fields.from ?? to - Math.min(DEFAULT_SPAN_MS[kind], most);
	if (from >= to) throw invalidRequest("`from` must be before `to`", "from");
	if (to - from > most) {
		const what = log === null ? "" : " where end users, tags or operations are asked for";
		throw invalidRequest(`\`from\` must be at most ${most / DAY_MS} days before \`to\`${what}`, "from");
	}
	const unit = interval === "hour" || (interval === null && to - from <= HOURLY_MS) ? "hour" : "day";
	const asked = {
		...scope,
		groups,
		interval,
		unit,
		...widened(from, to, interval === "month" ? "month" : unit),
		limit: fields.limit,
	} as const;
	if (log !== null) return { ...asked, log, histograms: false };
	const histograms = fields.percentiles === undefined ? isCheap(scope, to - from) : fields.percentiles === "true";
	return { ...asked, histograms };
}

/** What only the log knows of what is asked; null where the roll-ups know all of it. */
function logTerms(fields: UsageFields, groups: readonly UsageGroup[]): LogTerms | null {
	const { end_user: endUser = null, operation = null, tag = null, tag_value: tagValue = null } = fields;
	if (tag === null && (tagValue !== null || groups.includes("tag"))) {
		throw invalidRequest("`tag` must be the name of a label", "tag");
	}
	if (!groups.some(isLogGroup) && endUser === null && operation === null && tagValue === null) return null;
	return { endUser, operation, tag, tagValue };
}

/** Whether percentiles come unasked: over all keys and a long time, they would take most of the time of the answer. */
function isCheap(scope: UsageScope, ms: number): boolean {
	return ms <= UNASKED_MS || Object.values(scope).some((part) => part !== null);
}

function widened(from: number, to: number, unit: UsageInterval): { from: number; to: number } {
	if (unit === "month") {
		const first = new Date(from);
		const last = new Date(to - 1);
		return {
			from: Date.UTC(first.getUTCFullYear(), first.getUTCMonth()),
			to: Date.UTC(last.getUTCFullYear(), last.getUTCMonth() + 1),
		};
	}
	const size = unit === "hour" ? HOUR_MS : DAY_MS;
	return { from: Math.floor(from / size) * size, to: Math.ceil(to / size) * size };
}
