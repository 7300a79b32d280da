// What a provider's own list of models said, and what was learnt of it, as the admin API shows them.
import { countsOf } from "#gateway/models/apply";
import type { Learnt, SyncDetail } from "#gateway/models/sync";
import { learntOf } from "#store/config/document-kinds";
import type { StoredDocument } from "#store/config/documents";
import type { StoredSync } from "#store/config/model-syncs";
import { instant } from "./instant";

/** What was learnt, of one version of it. */
export function renderLearnt(document: StoredDocument) {
	const { models, hidden } = learntOf(document);
	return { models: Object.fromEntries(models), hidden };
}

/** What came of asking a provider, in counts. */
export function renderSyncSummary({ id, at }: StoredSync, { list, failure, found }: SyncDetail, learnt: Learnt | null) {
	return {
		id,
		status: failure === null ? "ok" : "failed",
		at: instant(at),
		listed: list?.listed ?? null,
		skipped: list?.skipped ?? null,
		other: list?.others ?? null,
		cut: list?.isCut ?? null,
		counts: countsOf(found),
		failure: failure && { kind: failure.kind, upstream_status: failure.status, message: failure.message },
		learnt,
	};
}

/** The same with every difference. */
export function renderSync(stored: StoredSync, detail: SyncDetail, learnt: Learnt | null) {
	const { found } = detail;
	const repriced = (kind: "dearer" | "cheaper") =>
		found[kind].map(({ id, before, after, setByAdmin }) => ({ id, before, after, set_by_admin: setByAdmin }));
	return {
		...renderSyncSummary(stored, detail, learnt),
		object: "provider.models_sync",
		provider: stored.provider,
		new: found.new.map(({ id, fields }) => ({ id, ...fields })),
		gone: found.gone,
		dearer: repriced("dearer"),
		cheaper: repriced("cheaper"),
	};
}
