// What a change was of, and where that is shown.
import { Link } from "@tanstack/react-router";
import { useNames } from "~/api/names";
import type { AuditEntry } from "~/api/types";
import type { Filters } from "~/app/filters";

/** The door to it where it has a place of its own, else to all that was changed of it. */
export function Subject({ entry }: { readonly entry: AuditEntry }) {
	const nameOf = useNames();
	const { subject } = entry;
	const place = placeOf(entry) ?? { to: "/audit", search: { subject } };
	return (
		<Link to={place.to} search={place.search} className="text-kumo-link">
			{nameOf(subject)}
		</Link>
	);
}

/** Null for what no screen shows by itself. */
function placeOf({
	kind,
	subject,
	before,
	after,
}: AuditEntry): { readonly to: string; readonly search: Filters } | null {
	switch (kind) {
		case "team":
			return { to: "/teams", search: { open: subject } };
		case "key":
			return { to: "/keys", search: { open: subject } };
		case "budget_change":
			return placeOfOwner(ownerOf(after) ?? ownerOf(before));
		case "provider":
		case "circuit":
		case "learnt_models":
			return { to: "/providers", search: { open: subject } };
		case "model":
			return { to: "/models", search: { open: subject } };
		case "alias":
			return { to: "/models", search: { tab: "aliases", open: subject } };
		case "token":
		case "invitation":
		case "key_request":
			return { to: "/people", search: {} };
		case "payload":
			return { to: "/requests", search: { open: subject } };
		default:
			return null;
	}
}

function placeOfOwner(owner: string | null) {
	if (owner === null) return null;
	return { to: owner.startsWith("team_") ? "/teams" : "/keys", search: { open: owner } };
}

/** The team or key whose budget was changed. */
function ownerOf(content: unknown): string | null {
	const { owner } = (content ?? {}) as { readonly owner?: unknown };
	return typeof owner === "string" ? owner : null;
}
