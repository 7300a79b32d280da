// An entry of the audit log as the admin API shows it.
import * as v from "valibot";
import type { AuditEntry } from "#store/d1/audit";
import { instant } from "./instant";
import { Instant, type Shown } from "./shown";

export const AuditEntryView = v.object({
	id: v.string(),
	object: v.literal("audit_entry"),
	at: Instant,
	who: v.string(),
	request_id: v.string(),
	kind: v.string(),
	subject: v.string(),
	action: v.string(),
	before: v.unknown(),
	after: v.unknown(),
});

export function renderAuditEntry(entry: AuditEntry): Shown<typeof AuditEntryView> {
	const { id, at, who, requestId, kind, subject, action, before, after } = entry;
	return {
		id,
		object: "audit_entry",
		at: instant(at),
		who,
		request_id: requestId,
		kind,
		subject,
		action,
		before,
		after,
	};
}
