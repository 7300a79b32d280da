// What a provider's own list of models said, and what was learnt of it, as the admin API shows them.
import * as v from "valibot";
import { countsOf } from "#gateway/models/apply";
import type { Learnt, SyncDetail } from "#gateway/models/sync";
import { learntOf } from "#store/config/document-kinds";
import type { StoredDocument } from "#store/config/documents";
import type { StoredSync } from "#store/config/model-syncs";
import { instant } from "./instant";
import { AnyObject, Instant, type Shown } from "./shown";

const Count = v.pipe(v.number(), v.integer());
const Counts = v.object({ new: Count, gone: Count, dearer: Count, cheaper: Count });

/** What came of asking a provider, as the answer that added it has it. */
export const SyncSummaryView = v.object({
	id: v.string(),
	status: v.picklist(["ok", "failed"]),
	at: Instant,
	listed: v.nullable(Count),
	skipped: v.nullable(Count),
	other: v.nullable(Count),
	cut: v.nullable(v.boolean()),
	counts: Counts,
	failure: v.nullable(v.object({ kind: v.string(), upstream_status: v.nullable(v.number()), message: v.string() })),
	learnt: v.nullable(v.object({ version: v.number(), applied: Counts })),
});

const Price = v.object({
	input: v.number(),
	output: v.number(),
	cache_read: v.exactOptional(v.number()),
	cache_write: v.exactOptional(v.number()),
});
const Repriced = v.array(
	v.object({ id: v.string(), before: v.nullable(Price), after: Price, set_by_admin: v.boolean() }),
);

export const SyncView = v.object({
	...SyncSummaryView.entries,
	object: v.literal("provider.models_sync"),
	provider: v.string(),
	new: v.array(AnyObject),
	gone: v.array(v.string()),
	dearer: Repriced,
	cheaper: Repriced,
});

const Apply = v.array(v.string());

/** The last proposal, and what the daily job applies by itself. */
export const LastSyncView = v.union([
	v.object({ ...SyncView.entries, apply: Apply }),
	v.object({
		id: v.null(),
		object: v.literal("provider.models_sync"),
		provider: v.string(),
		status: v.literal("never"),
		apply: Apply,
	}),
]);

export const SyncSettingsView = v.object({
	object: v.literal("provider.models_sync_settings"),
	provider: v.string(),
	apply: Apply,
});

export const LearntView = v.object({
	object: v.literal("learnt_models"),
	provider: v.string(),
	version: v.number(),
	models: v.record(v.string(), AnyObject),
	hidden: v.array(v.string()),
});

/** What was learnt, of one version of it. */
export function renderLearnt(document: StoredDocument) {
	const { models, hidden } = learntOf(document);
	return { models: Object.fromEntries(models), hidden };
}

/** What came of asking a provider, in counts. */
export function renderSyncSummary(
	{ id, at }: StoredSync,
	{ list, failure, found }: SyncDetail,
	learnt: Learnt | null,
): Shown<typeof SyncSummaryView> {
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
export function renderSync(stored: StoredSync, detail: SyncDetail, learnt: Learnt | null): Shown<typeof SyncView> {
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
