// A request for a key, and what a member may have without one being decided, as the API shows them.
import * as v from "valibot";
import { SELF_SERVICE_WINDOWS } from "#core/key/self-service";
import { instant } from "#http/views/instant";
import { NewKeyView } from "#http/views/key";
import { Dollars, Instant, type Shown } from "#http/views/shown";
import { renderSelfService, SelfServiceView } from "#http/views/team";
import { signedUsdString } from "#metering/money";
import { KEY_REQUEST_STATUSES, type StoredKeyRequest } from "#store/keys/key-requests";
import type { StoredTeam } from "#store/keys/teams";

export const KeyRequestView = v.object({
	id: v.string(),
	object: v.literal("key_request"),
	team_id: v.string(),
	owner_id: v.string(),
	asker: v.string(),
	name: v.string(),
	budget_usd: v.nullable(Dollars),
	window: v.nullable(v.picklist(SELF_SERVICE_WINDOWS)),
	days: v.pipe(v.nullable(v.pipe(v.number(), v.integer())), v.description("how long the key is valid once it is made")),
	reason: v.nullable(v.string()),
	status: v.picklist(KEY_REQUEST_STATUSES),
	key_id: v.nullable(v.string()),
	decided_by: v.nullable(v.string()),
	decided_at: v.nullable(Instant),
	refusal: v.nullable(v.string()),
	created_at: Instant,
});

/** What asking answers: the key with its text where it was made at once, else the request that waits. */
export const AskedView = v.object({ request: KeyRequestView, api_key: v.nullable(NewKeyView) });

/** A team as its member sees it. */
export const OwnTeamView = v.object({
	id: v.string(),
	object: v.literal("own_team"),
	name: v.string(),
	self_service: v.nullable(SelfServiceView),
	counted_keys: v.pipe(
		v.number(),
		v.integer(),
		v.description("the member's keys that count against `max_keys`, with those that ended within the window"),
	),
});

export function renderKeyRequest(request: StoredKeyRequest): Shown<typeof KeyRequestView> {
	const { id, teamId, ownerId, asker, name, terms, reason, status, keyId, decidedBy, decidedAt, refusal } = request;
	return {
		id,
		object: "key_request",
		team_id: teamId,
		owner_id: ownerId,
		asker,
		name,
		budget_usd: terms.budget && signedUsdString(terms.budget.limit),
		window: terms.budget?.window ?? null,
		days: terms.days,
		reason,
		status,
		key_id: keyId,
		decided_by: decidedBy,
		decided_at: instant(decidedAt),
		refusal,
		created_at: instant(request.createdAt),
	};
}

export function renderOwnTeam({ id, name, selfService }: StoredTeam, countedKeys: number): Shown<typeof OwnTeamView> {
	return {
		id,
		object: "own_team",
		name,
		self_service: selfService && renderSelfService(selfService),
		counted_keys: countedKeys,
	};
}
