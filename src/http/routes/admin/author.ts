// Who changes something, for the audit log.
import { invalidRequest } from "#core/errors";
import type { Call } from "#http/call";
import type { Author } from "#store/d1/audit";

const NAME = /^[\w.@+-]{1,64}$/;

/**
 * Who makes the change that a call asks for, for the record. All admins share one token, so which of them it was is
 * their own word, in `x-tollgate-actor`. Throws `GatewayError` 400 for a name that is none.
 */
export function authorOf({ request, requestId, receivedAt }: Call): Author {
	const actor = request.headers.get("x-tollgate-actor");
	if (actor !== null && !NAME.test(actor)) {
		throw invalidRequest(
			"`x-tollgate-actor` must be 1 to 64 letters, digits, `.`, `_`, `@`, `+` or `-`",
			"x-tollgate-actor",
		);
	}
	return { who: actor === null ? "admin" : `admin:${actor}`, requestId, at: receivedAt };
}
