// An entry of the audit log as the admin API shows it.
import type { AuditEntry } from "#store/d1/audit";
import { instant } from "./instant";

export function renderAuditEntry({ id, at, who, requestId, kind, subject, action, before, after }: AuditEntry) {
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
