// Admin routes of invitations to the console.
import * as v from "valibot";
import { type InvitationId, newId, type TeamId } from "#core/ids";
import { newKeyText } from "#http/auth/key-format";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { listResponse, PageQuery, pageOf } from "#http/request/page";
import { authorOf } from "#http/routes/admin/author";
import { decodeBody } from "#http/routes/admin/fields/body";
import { RoleField, requireTeams, TeamsField } from "#http/routes/admin/fields/role-fields";
import { adminRoute, missing } from "#http/routes/admin/handler";
import { InvitationView, NewInvitationView, renderInvitation } from "#http/views/people/session";
import { pageView } from "#http/views/shown";
import { createInvitation, listInvitations, removeInvitation } from "#store/keys/invitations";
import { digestKey } from "#store/keys/key-digest";
import { INVITATION_PREFIX } from "./accept-invitation";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 7;
const MAX_DAYS = 30;

const NewInvitation = v.strictObject({
	role: RoleField,
	teams: TeamsField,
	days: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_DAYS)), DEFAULT_DAYS),
});

export const invitationRoutes: Route[] = [
	adminRoute("POST", "/admin/invitations", "gateway.change", create, {
		summary: "Invite a person to the console",
		text: "The link in the answer is shown once. Who opens it first gets a token of their own, and is signed in.",
		body: NewInvitation,
		example: { role: "viewer" },
		answer: NewInvitationView,
		status: 201,
	}),
	adminRoute("GET", "/admin/invitations", "gateway.read", list, {
		summary: "List invitations, newest first",
		query: PageQuery,
		answer: pageView(InvitationView),
	}),
	adminRoute("DELETE", "/admin/invitations/:id", "gateway.change", remove, {
		summary: "Take back an invitation that was not accepted",
		answer: v.object({ id: v.string(), object: v.literal("invitation"), deleted: v.literal(true) }),
		errors: ["invitation_not_found"],
	}),
];

async function create(call: AdminCall): Promise<Response> {
	const { request, url, env, config, receivedAt: now } = call;
	const { role, teams, days } = decodeBody(NewInvitation, await readJson(request));
	await requireTeams(env, role, teams);
	const code = newKeyText(INVITATION_PREFIX);
	const id = newId("inv", now, crypto.randomUUID()) as InvitationId;
	const wanted = { id, role, teams: teams as TeamId[] | null, createdAt: now, expiresAt: now + days * DAY_MS };
	await createInvitation(env.DB, wanted, digestKey(code, config.keyPepper), authorOf(call));
	// Behind the `#`, which browsers send to no server and no log.
	const link = `${url.origin}/console/#invitation=${code}`;
	return Response.json({ ...renderInvitation({ ...wanted, acceptedBy: null }, now), url: link }, { status: 201 });
}

async function list({ env, url, receivedAt }: AdminCall): Promise<Response> {
	const { invitations, more } = await listInvitations(env.DB, pageOf(url));
	return listResponse(
		invitations.map((invitation) => renderInvitation(invitation, receivedAt)),
		more,
	);
}

async function remove(call: AdminCall): Promise<Response> {
	const id = call.params.id ?? "";
	if (!(await removeInvitation(call.env.DB, id as InvitationId, authorOf(call)))) throw missing("invitation", id);
	return Response.json({ id, object: "invitation", deleted: true });
}
