import * as v from "valibot";
import { newId, type TeamId } from "../../../core/ids";
import { createTeam, findTeam, listTeams, type StoredTeam, updateTeam } from "../../../store/teams";
import type { Call, Route } from "../../call";
import { readJson } from "../../json-body";
import { decodeBody, Metadata, Name } from "./body";
import { instant } from "./instant";
import { listResponse, pageOf } from "./page";
import { adminRoute, missing } from "./route";

export const teamRoutes: Route[] = [
	adminRoute("POST", "/admin/teams", create),
	adminRoute("GET", "/admin/teams", list),
	adminRoute("GET", "/admin/teams/:id", show),
	adminRoute("PATCH", "/admin/teams/:id", update),
];

const NewTeam = v.strictObject({ name: Name, metadata: v.optional(Metadata, {}) });
const TeamChange = v.strictObject({ name: v.exactOptional(Name), metadata: v.exactOptional(v.nullable(Metadata)) });

async function create({ request, env, receivedAt }: Call): Promise<Response> {
	const { name, metadata } = decodeBody(NewTeam, await readJson(request));
	const id = newId("team", receivedAt, (bytes) => crypto.getRandomValues(bytes)) as TeamId;
	const team = await createTeam(env.DB, { id, name, metadata }, receivedAt);
	return Response.json(view(team), { status: 201 });
}

async function list({ env, url }: Call): Promise<Response> {
	const { teams, more } = await listTeams(env.DB, pageOf(url));
	return listResponse(teams.map(view), more);
}

async function show({ env, params }: Call): Promise<Response> {
	const id = params.id ?? "";
	const team = await findTeam(env.DB, id as TeamId);
	if (team === null) throw missing("team", id);
	return Response.json(view(team));
}

async function update({ request, env, params, receivedAt }: Call): Promise<Response> {
	const id = params.id ?? "";
	const { name, metadata } = decodeBody(TeamChange, await readJson(request));
	const changes = { ...(name !== undefined && { name }), ...(metadata !== undefined && { metadata: metadata ?? {} }) };
	const team = await updateTeam(env.DB, id as TeamId, changes, receivedAt);
	if (team === null) throw missing("team", id);
	return Response.json(view(team));
}

function view(team: StoredTeam) {
	return {
		id: team.id,
		object: "team",
		name: team.name,
		metadata: team.metadata,
		created_at: instant(team.createdAt),
		updated_at: instant(team.updatedAt),
	};
}
