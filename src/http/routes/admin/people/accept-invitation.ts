// A person accepts an invitation: they get a token of their own, and are signed in by it.
import { GatewayError } from "#core/errors";
import { newId, type TokenId } from "#core/ids";
import { callerAddress } from "#http/auth/caller-address";
import { ADMIN_TOKEN_PREFIX, isWellFormedKey, lastFour, newKeyText } from "#http/auth/key-format";
import type { Call } from "#http/call";
import { createToken, revokeToken } from "#store/keys/admin-tokens";
import { acceptInvitation, findOpenInvitation } from "#store/keys/invitations";
import { digestKey } from "#store/keys/key-digest";

export const INVITATION_PREFIX = "tg_invite_";

interface Acceptance {
	readonly invitation: string;
	readonly name: string;
}

/** Throws `GatewayError` 404 when there is no such invitation, or not any more; 429 when too many were guessed. */
export async function acceptedToken(call: Call, { invitation: code, name }: Acceptance) {
	const { request, env, config, isolate, requestId, receivedAt: now } = call;
	const address = callerAddress(request);
	isolate.failedLogins.check("admin token", address);
	const invitation = isWellFormedKey(code, INVITATION_PREFIX)
		? await findOpenInvitation(env.DB, digestKey(code, config.keyPepper), now)
		: null;
	if (invitation === null) {
		await isolate.failedLogins.count(env, "admin token", address);
		throw gone();
	}
	const author = { who: `${name} (${invitation.id})`, requestId, at: now };
	const text = newKeyText(ADMIN_TOKEN_PREFIX);
	const id = newId("tok", now, crypto.randomUUID()) as TokenId;
	const { role, teams } = invitation;
	const ownerId = role === "member" ? newId("per", now, crypto.randomUUID()) : null;
	const wanted = { id, last4: lastFour(text), name, role, teams, ownerId, expiresAt: null };
	await createToken(env.DB, wanted, digestKey(text, config.keyPepper), author);
	if (!(await acceptInvitation(env.DB, invitation.id, id))) {
		await revokeToken(env.DB, id, author);
		throw gone();
	}
	return { name, role, teams, ownerId, tokenId: id, keyId: null, newToken: text };
}

function gone(): GatewayError {
	return GatewayError.of(
		"invitation_not_found",
		"this invitation was accepted, has ended, or never was; ask for another",
	);
}
