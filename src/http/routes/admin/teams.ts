// Admin routes of teams.
import * as v from "valibot";
import type { BudgetSpec } from "#core/budget/budget";
import { newId, type TeamId } from "#core/ids";
import { enforceTeam } from "#gateway/control/team-change";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { listResponse, PageQuery, pageOf } from "#http/request/page";
import { decodeBody, Metadata, Name } from "#http/routes/admin/fields/body";
import { Budgets, revisedBudgets } from "#http/routes/admin/fields/budget-fields";
import { Payloads } from "#http/routes/admin/fields/key-fields";
import { Limits, limitChanges, newLimits } from "#http/routes/admin/fields/limit-fields";
import { SelfServiceField, selfServiceOf } from "#http/routes/admin/fields/self-service-fields";
import { pageView } from "#http/views/shown";
import { renderTeam, TeamView } from "#http/views/team";
import { createTeam, findTeam, listTeams, updateTeam } from "#store/keys/teams";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";

const NewTeam = v.strictObject({
	name: Name,
	metadata: v.optional(Metadata, {}),
	limits: v.exactOptional(Limits),
	budgets: v.exactOptional(Budgets),
	payloads: v.exactOptional(Payloads),
	self_service: v.exactOptional(SelfServiceField),
});
const TeamChange = v.strictObject({
	name: v.exactOptional(Name),
	metadata: v.exactOptional(v.nullable(Metadata)),
	limits: v.exactOptional(Limits),
	budgets: v.exactOptional(Budgets),
	payloads: v.exactOptional(Payloads),
	self_service: v.exactOptional(SelfServiceField),
});

export const teamRoutes: Route[] = [
	adminRoute("POST", "/admin/teams", "gateway.change", create, {
		summary: "Make a team",
		body: NewTeam,
		example: { name: "Search", budgets: [{ limit_usd: "500", window: "month", time_zone: "Asia/Shanghai" }] },
		answer: TeamView,
		status: 201,
	}),
	adminRoute("GET", "/admin/teams", "team.read", list, {
		summary: "List teams, newest first",
		query: PageQuery,
		answer: pageView(TeamView),
	}),
	adminRoute("GET", "/admin/teams/:id", "team.read", show, {
		summary: "Show a team",
		answer: TeamView,
		errors: ["team_not_found"],
	}),
	adminRoute("PATCH", "/admin/teams/:id", "gateway.change", update, {
		summary: "Change a team",
		text: "A change of limits, budgets or payloads is told to all of the team's keys before the answer comes.",
		body: TeamChange,
		example: { limits: { requests_per_minute: 600 } },
		answer: TeamView,
		errors: ["team_not_found", "key_change_unconfirmed"],
	}),
];

async function create(call: AdminCall): Promise<Response> {
	const { request, env, receivedAt } = call;
	const {
		name,
		metadata,
		limits,
		budgets,
		payloads = null,
		self_service = null,
	} = decodeBody(NewTeam, await readJson(request));
	const team = await createTeam(
		env.DB,
		{
			id: newId("team", receivedAt, crypto.randomUUID()) as TeamId,
			name,
			metadata,
			limits: newLimits(limits),
			budgets: revisedBudgets(budgets ?? null, "team", [], receivedAt),
			payloads,
			selfService: selfServiceOf(self_service),
		},
		authorOf(call),
	);
	return Response.json(renderTeam(team), { status: 201 });
}

async function list({ env, url, actor }: AdminCall): Promise<Response> {
	const { teams, more } = await listTeams(env.DB, pageOf(url), actor.scope);
	return listResponse(teams.map(renderTeam), more);
}

async function show({ env, params }: AdminCall): Promise<Response> {
	const id = params.id ?? "";
	const team = await findTeam(env.DB, id as TeamId);
	if (team === null) throw missing("team", id);
	return Response.json(renderTeam(team));
}

async function update(call: AdminCall): Promise<Response> {
	const { request, env, params, execution, receivedAt } = call;
	const id = params.id ?? "";
	const { name, metadata, limits, budgets, payloads, self_service } = decodeBody(TeamChange, await readJson(request));
	const changes = {
		...(payloads !== undefined && { payloads }),
		...(self_service !== undefined && { selfService: selfServiceOf(self_service) }),
		...(name !== undefined && { name }),
		...(metadata !== undefined && { metadata: metadata ?? {} }),
		...(limits !== undefined && { limits: limitChanges(limits) }),
		...(budgets !== undefined && {
			budgets: (before: readonly BudgetSpec[]) => revisedBudgets(budgets, "team", before, receivedAt),
		}),
	};
	const governs = limits !== undefined || budgets !== undefined || payloads !== undefined;
	const team = await updateTeam(env.DB, id as TeamId, changes, authorOf(call));
	if (team === null) throw missing("team", id);
	if (governs) await enforceTeam(env, execution, team, receivedAt);
	return Response.json(renderTeam(team));
}
