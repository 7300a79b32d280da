// Admin routes of the money of keys and teams: the state of budgets, adjustments, write-offs.
import * as v from "valibot";
import { type BudgetSpec, MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import type { BudgetChanged } from "#core/budget/budget-status";
import { GatewayError, invalidRequest } from "#core/errors";
import { type KeyId, newId, type TeamId } from "#core/ids";
import { changeKeyBudget, changeTeamBudget, keyBudgets, teamBudgets } from "#gateway/control/budgets";
import type { AdminCall, Route } from "#http/call";
import { LiveField } from "#http/reports/live-field";
import { readJson } from "#http/request/json-body";
import { decodeQuery } from "#http/request/query";
import { decodeBody } from "#http/routes/admin/fields/body";
import { Usd } from "#http/routes/admin/fields/usd";
import {
	BudgetChangeView,
	KeyBudgetView,
	renderBudgetChange,
	renderBudgetState,
	renderFigure,
	renderLimits,
	renderTeamBudgetState,
	TeamBudgetView,
} from "#http/views/budget";
import { signedUsdString } from "#metering/money";
import type { Author } from "#store/d1/audit";
import {
	confirmBudgetChange,
	listBudgetChanges,
	recordBudgetChange,
	type StoredBudgetChange,
	withdrawBudgetChange,
} from "#store/keys/budget-changes";
import { findKey, type StoredKey } from "#store/keys/keys";
import { findTeam, type StoredTeam } from "#store/keys/teams";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";

/** How many of the changes an answer shows. */
const CHANGES_SHOWN = 20;

const Change = v.strictObject({
	/** The caller's own name for the change, with which it may be sent again. */
	id: v.exactOptional(
		v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/, "must be 1 to 64 letters, digits, `.`, `_` or `-`")),
	),
	amount_usd: v.pipe(
		Usd,
		v.notValue(0, "must not be zero"),
		v.minValue(-MAX_LIMIT_NANO_USD, "must be at least -4,000,000"),
		v.maxValue(MAX_LIMIT_NANO_USD, "must be at most 4,000,000"),
	),
	reason: v.pipe(
		v.string(),
		v.trim(),
		v.minLength(1, "must not be empty"),
		v.maxLength(500, "must have at most 500 characters"),
	),
	end_user: v.exactOptional(v.pipe(v.string(), v.maxLength(512, "must have at most 512 characters"))),
});
/** With it the team tells what its keys told it last, and wakes none of them. */
const Live = v.strictObject({ live: LiveField });
type ChangeBody = v.InferOutput<typeof Change>;

export const budgetRoutes: Route[] = [
	adminRoute("GET", "/admin/keys/:id/budget", "key.read", showKey, {
		summary: "Show how the budgets of an API key and its team stand",
		answer: KeyBudgetView,
		errors: ["key_not_found", "budget_unavailable"],
	}),
	adminRoute(
		"POST",
		"/admin/keys/:id/budget/:budget_id/adjust",
		"key.change",
		(call) => changeKey(call, "adjustment"),
		{
			summary: "Add to the window of a key's budget, or take from it",
			body: Change,
			example: { amount_usd: "25", reason: "a larger import" },
			answer: BudgetChangeView,
			status: 201,
			errors: [
				"key_not_found",
				"budget_not_found",
				"budget_of_team",
				"budget_change_exists",
				"budget_change_refused",
				"budget_change_unconfirmed",
			],
		},
	),
	adminRoute(
		"POST",
		"/admin/keys/:id/budget/:budget_id/write-off",
		"key.change",
		(call) => changeKey(call, "write-off"),
		{
			summary: "Take back what is unproven",
			body: Change,
			example: { amount_usd: "0.12", reason: "the vendor's bill has no such call" },
			answer: BudgetChangeView,
			status: 201,
			errors: [
				"key_not_found",
				"budget_not_found",
				"budget_change_exists",
				"budget_change_refused",
				"budget_change_unconfirmed",
			],
		},
	),
	adminRoute("GET", "/admin/teams/:id/budget", "team.read", showTeam, {
		summary: "Show how the budgets of a team stand, and what each key has of them",
		query: Live,
		answer: TeamBudgetView,
		errors: ["team_not_found", "budget_unavailable"],
	}),
	adminRoute("POST", "/admin/teams/:id/budget/:budget_id/adjust", "gateway.change", adjustTeam, {
		summary: "Add to the window of a team's budget, or take from it",
		body: Change,
		example: { amount_usd: "100", reason: "end of the quarter" },
		answer: BudgetChangeView,
		status: 201,
		errors: [
			"team_not_found",
			"budget_not_found",
			"budget_change_exists",
			"budget_change_refused",
			"budget_change_unconfirmed",
		],
	}),
];

async function showKey({ env, params, receivedAt }: AdminCall): Promise<Response> {
	const key = await presentKey(env.DB, params, receivedAt);
	const [{ limits, figures, budgets }, changes] = await Promise.all([
		keyBudgets(env, key),
		listBudgetChanges(env.DB, key.id, CHANGES_SHOWN),
	]);
	return Response.json({
		object: "key_budget",
		key_id: key.id,
		budgets: budgets.map(renderBudgetState),
		limits: renderLimits(limits),
		requests: renderFigure(figures.requests),
		tokens: renderFigure(figures.tokens),
		changes: changes.map(renderBudgetChange),
	});
}

async function showTeam({ env, params, url }: AdminCall): Promise<Response> {
	const { live } = decodeQuery(Live, url);
	const team = await presentTeam(env.DB, params);
	const [{ budgets }, changes] = await Promise.all([
		teamBudgets(env, team, live !== "true"),
		listBudgetChanges(env.DB, team.id, CHANGES_SHOWN),
	]);
	return Response.json({
		object: "team_budget",
		team_id: team.id,
		budgets: budgets.map(renderTeamBudgetState),
		changes: changes.map(renderBudgetChange),
	});
}

async function changeKey(call: AdminCall, kind: "adjustment" | "write-off"): Promise<Response> {
	const { request, env, params, receivedAt } = call;
	const body = decodeBody(Change, await readJson(request));
	if (kind === "write-off" && body.amount_usd < 0) {
		throw invalidRequest("`amount_usd` must not be negative", "amount_usd");
	}
	const key = await presentKey(env.DB, params, receivedAt);
	const budget = presentBudget([...key.budgets, ...key.team.budgets], params);
	if (kind === "adjustment" && budget.owner === "team") {
		throw GatewayError.of(
			"budget_of_team",
			`budget \`${budget.id}\` is the team's; adjust it at team \`${key.teamId}\``,
		);
	}
	return change(call, key.id, kind, budget, body, (recorded) => changeKeyBudget(env, key, recorded));
}

async function adjustTeam(call: AdminCall): Promise<Response> {
	const { request, env, params } = call;
	const body = decodeBody(Change, await readJson(request));
	const team = await presentTeam(env.DB, params);
	const budget = presentBudget(team.budgets, params);
	return change(call, team.id, "adjustment", budget, body, (recorded) => changeTeamBudget(env, team, recorded));
}

/** Records the change, has its object apply it, and notes that it did. Each step may be repeated. */
async function change(
	call: AdminCall,
	owner: KeyId | TeamId,
	kind: "adjustment" | "write-off",
	budget: BudgetSpec,
	body: ChangeBody,
	apply: (change: StoredBudgetChange) => Promise<BudgetChanged>,
): Promise<Response> {
	const { env, isolate, receivedAt } = call;
	const author = authorOf(call);
	if (budget.perEndUser !== (body.end_user !== undefined)) {
		const problem = budget.perEndUser
			? "is required: this budget counts each end user apart"
			: "means nothing here: this budget counts all end users together";
		throw invalidRequest(`\`end_user\` ${problem}`, "end_user");
	}
	const change = {
		id: body.id ?? newId("chg", receivedAt, crypto.randomUUID()),
		owner,
		budgetId: budget.id,
		endUser: body.end_user ?? "",
		kind,
		amount: body.amount_usd,
		reason: body.reason,
		who: author.who,
		at: receivedAt,
	};
	const recorded = await recordBudgetChange(env.DB, change, author);
	const { at: _at, who: _who, ...terms } = change;
	if (Object.entries(terms).some(([name, value]) => recorded[name as keyof typeof terms] !== value)) {
		throw GatewayError.of("budget_change_exists", `there is another change \`${change.id}\`; choose another id`, {
			param: "id",
		});
	}
	const changed = await apply(recorded);
	if (changed.outcome === "too much") {
		await withdrawBudgetChange(env.DB, recorded.id, afterwards(author, isolate.clock()));
		const what = kind === "write-off" ? "is unproven" : "can be added";
		throw GatewayError.of("budget_change_refused", `only ${signedUsdString(changed.most)} USD ${what}`, {
			param: "amount_usd",
		});
	}
	if (changed.outcome === "no such budget") {
		await withdrawBudgetChange(env.DB, recorded.id, afterwards(author, isolate.clock()));
		throw missing("budget", budget.id);
	}
	await confirmBudgetChange(env.DB, recorded.id, receivedAt);
	return Response.json(renderBudgetChange({ ...recorded, confirmedAt: recorded.confirmedAt ?? receivedAt }), {
		status: 201,
	});
}

/** The same author a moment later, so that the withdrawal comes after the record in the audit. */
function afterwards(author: Author, now: number): Author {
	return { ...author, at: Math.max(now, author.at + 1) };
}

async function presentKey(db: D1Database, params: AdminCall["params"], now: number): Promise<StoredKey> {
	const id = (params.id ?? "") as KeyId;
	const key = await findKey(db, id, now);
	if (key === null) throw missing("key", id);
	return key;
}

async function presentTeam(db: D1Database, params: AdminCall["params"]): Promise<StoredTeam> {
	const id = (params.id ?? "") as TeamId;
	const team = await findTeam(db, id);
	if (team === null) throw missing("team", id);
	return team;
}

function presentBudget(budgets: readonly BudgetSpec[], params: AdminCall["params"]): BudgetSpec {
	const id = params.budget_id ?? "";
	const budget = budgets.find((each) => each.id === id);
	if (budget === undefined) throw missing("budget", id);
	return budget;
}
