// Admin routes of the audit log.

import * as v from "valibot";
import type { AdminCall, Route } from "#http/call";
import { listResponse, pageFields, pageOf } from "#http/request/page";
import { decodeQuery } from "#http/request/query";
import { DateTime } from "#http/request/time-fields";
import { AuditEntryView, renderAuditEntry } from "#http/views/audit-entry";
import { pageView } from "#http/views/shown";
import { AUDIT_KINDS, listAudit } from "#store/d1/audit";
import { adminRoute } from "./handler";

const Filter = v.strictObject({
	...pageFields,
	kind: v.optional(v.picklist(AUDIT_KINDS, `must be one of ${AUDIT_KINDS.join(", ")}`)),
	subject: v.optional(v.string()),
	who: v.optional(v.string()),
	from: v.optional(DateTime),
	to: v.optional(DateTime),
});

export const auditRoutes: Route[] = [
	adminRoute("GET", "/admin/audit", "gateway.read", list, {
		summary: "List what was changed, newest first",
		query: Filter,
		answer: pageView(AuditEntryView),
	}),
];

async function list({ env, url }: AdminCall): Promise<Response> {
	const { kind = null, subject = null, who = null, from = null, to = null } = decodeQuery(Filter, url);
	const { entries, more } = await listAudit(env.DB, { kind, subject, who, from, to }, pageOf(url));
	return listResponse(entries.map(renderAuditEntry), more);
}
