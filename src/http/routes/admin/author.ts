// Who changes something, for the audit log.
import type { AdminCall } from "#http/call";
import type { Author } from "#store/d1/audit";

/** Who makes the change that a call asks for, for the record. */
export function authorOf({ actor, requestId, receivedAt }: AdminCall): Author {
	return { who: actor.who, requestId, at: receivedAt };
}
