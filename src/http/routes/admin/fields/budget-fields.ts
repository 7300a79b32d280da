// Decodes budgets and lays them over those that a key or team has.
import * as v from "valibot";
import { type BudgetSpec, type BudgetWindow, MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import { reviseBudgets, type WantedBudget } from "#core/budget/budget-revision";
import { invalidRequest } from "#core/errors";
import { newId } from "#core/ids";
import { OPERATION_NAMES } from "#core/operation-name";
import { isObject } from "#lib/json";
import { Name } from "./body";
import { list, ModelPattern, ProviderPattern } from "./key-fields";
import { Usd } from "./usd";

const DAY_SECONDS = 24 * 60 * 60;

export const LimitUsd = v.pipe(
	Usd,
	v.minValue(0, "must not be negative"),
	v.maxValue(MAX_LIMIT_NANO_USD, "must be at most 4,000,000"),
);

const Rolling = v.strictObject({
	rolling_seconds: v.pipe(
		v.number(),
		v.integer("must be a whole number"),
		v.minValue(60, "must be at least 60"),
		v.maxValue(366 * DAY_SECONDS, "must be at most 366 days"),
	),
});
const Period = v.picklist(
	["day", "week", "month", "total"],
	'must be "day", "week", "month", "total" or {"rolling_seconds": n}',
);
const Window = v.lazy((input): typeof Rolling | typeof Period => (isObject(input) ? Rolling : Period));

const TimeZone = v.pipe(v.string(), v.check(isZone, "must be an IANA time zone, such as Asia/Shanghai"));

function isZone(name: string): boolean {
	// The platform takes offsets as well, which have no summer time and so are seldom what is meant.
	if (!/^[A-Za-z]/.test(name)) return false;
	try {
		new Intl.DateTimeFormat("en-US", { timeZone: name });
		return true;
	} catch {
		return false;
	}
}

/** A pattern without a slash would match the providers' names and no model. */
const FullModelPattern = v.pipe(
	ModelPattern,
	v.includes("/", "must name the provider too, such as openai/gpt-6*; `providers` covers all models of one"),
);

const Budget = v.pipe(
	v.strictObject({
		id: v.exactOptional(v.nullable(v.string())),
		name: v.exactOptional(v.nullable(Name)),
		limit_usd: LimitUsd,
		window: Window,
		time_zone: v.exactOptional(v.nullable(TimeZone)),
		action: v.optional(v.picklist(["block", "warn"]), "block"),
		models: v.exactOptional(list(FullModelPattern)),
		providers: v.exactOptional(list(ProviderPattern)),
		operations: v.exactOptional(list(v.picklist(OPERATION_NAMES))),
		per_end_user: v.optional(v.boolean(), false),
	}),
	v.forward(
		v.check(
			({ window, time_zone }) => time_zone == null || (window !== "total" && typeof window === "string"),
			"means nothing here: only a day, a week and a month have a time zone",
		),
		["time_zone"],
	),
);

/** A list of budgets as the admin API writes them; it replaces the one before. Null takes all of them away. */
export const Budgets = v.nullable(v.pipe(v.array(Budget), v.maxLength(20, "must have at most 20 entries")));
type BudgetsBody = v.InferOutput<typeof Budgets>;

/**
 * What a body makes of the budgets that are there, for one owner. Throws `GatewayError` 400 for an id that is not
 * there, and for a team's budget that would count end users apart: a team lends to keys and knows no end users.
 */
export function revisedBudgets(
	body: BudgetsBody,
	owner: BudgetSpec["owner"],
	before: readonly BudgetSpec[],
	now: number,
): readonly BudgetSpec[] {
	const wanted = (body ?? []).map((budget) => wantedBudget(budget, owner));
	const apart = owner === "team" ? wanted.findIndex(({ perEndUser }) => perEndUser) : -1;
	if (apart !== -1) throw wrong(apart, "per_end_user", "is for the budgets of keys: a team's keys share its budgets");
	const ids = wanted.map(({ id }) => id);
	const twice = ids.findIndex((id, index) => id !== undefined && ids.indexOf(id) < index);
	if (twice !== -1) throw wrong(twice, "id", "is the id of another entry too");
	const revision = reviseBudgets(before, wanted, () => newId("bud", now, crypto.randomUUID()));
	if (revision.outcome === "unknown") throw wrong(revision.index, "id", "is not the id of a budget that is there");
	return revision.budgets;
}

function wrong(index: number, field: "id" | "per_end_user", problem: string) {
	const param = `budgets[${index}].${field}`;
	return invalidRequest(`\`${param}\` ${problem}`, param);
}

function wantedBudget(body: NonNullable<BudgetsBody>[number], owner: BudgetSpec["owner"]): WantedBudget {
	const { id, name, limit_usd: limit, window, time_zone, action, per_end_user: perEndUser } = body;
	const { models, providers, operations } = body;
	return {
		...(id != null && { id }),
		...(name != null && { name }),
		limit,
		window: ownWindow(window),
		timeZone: time_zone ?? "UTC",
		owner,
		action,
		perEndUser,
		...(models != null && { models }),
		...(providers != null && { providers }),
		...(operations != null && { operations }),
	};
}

function ownWindow(window: v.InferOutput<typeof Window>): BudgetWindow {
	return typeof window === "string" ? window : { rollingSeconds: window.rolling_seconds };
}
