// Asks a provider for its models, keeps what its list says against what is thought, and learns what is accepted of it.
import * as v from "valibot";
import { GatewayError } from "#core/errors";
import { type FaultKind, UpstreamError } from "#core/fault";
import { newId, type ProviderName } from "#core/ids";
import type { Provider } from "#providers/provider";
import { appliedDaily, learntBody, learntOf, overrideOf } from "#store/config/document-kinds";
import { findDocument, writeDocument } from "#store/config/documents";
import { findSync, type StoredSync, writeSync } from "#store/config/model-syncs";
import type { Registered } from "#store/config/registered";
import type { Author } from "#store/d1/audit";
import { unlessOvertaken } from "#store/d1/optimistic-retry";
import { type Accepted, type Applied, acceptedOf, countsOf, withAccepted } from "./apply";
import { DIFFERENCE_KINDS, type Difference, type DifferenceKind, difference, type Known } from "./difference";
import { readList } from "./read-list";

/** The most that is kept of what was learnt of a provider's models, in characters of JSON: the audit has it twice. */
const MAX_LEARNT_CHARACTERS = 800_000;

const Price = v.object({
	input: v.number(),
	output: v.number(),
	cache_read: v.exactOptional(v.number()),
	cache_write: v.exactOptional(v.number()),
});
const Repriced = v.array(
	v.object({ id: v.string(), before: v.nullable(Price), after: Price, setByAdmin: v.boolean() }),
);
const DifferenceSchema: v.GenericSchema<unknown, Difference> = v.object({
	new: v.array(v.object({ id: v.string(), fields: v.record(v.string(), v.unknown()) })),
	gone: v.array(v.string()),
	dearer: Repriced,
	cheaper: Repriced,
});

/** What came of asking a provider for its models. */
export interface SyncDetail {
	/** How many models the list has, entries that could not be read, and entries of other things; null when it failed. */
	readonly list: {
		readonly listed: number;
		readonly skipped: number;
		readonly others: number;
		readonly isCut: boolean;
	} | null;
	readonly found: Difference;
	/** Why there is no list; null when there is one. */
	readonly failure: {
		readonly kind: FaultKind;
		readonly status: number | null;
		readonly message: string;
	} | null;
}

const Count = v.pipe(v.number(), v.safeInteger());
const DetailSchema = v.object({
	list: v.nullable(v.object({ listed: Count, skipped: Count, others: Count, isCut: v.boolean() })),
	found: DifferenceSchema,
	failure: v.nullable(v.object({ kind: v.string(), status: v.nullable(v.number()), message: v.string() })),
});

const NOTHING: Difference = { new: [], gone: [], dearer: [], cheaper: [] };

/** What came of it, as it was stored; null for what is written in a way that is not understood. */
export function detailOf({ detail }: StoredSync): SyncDetail | null {
	const parsed = v.safeParse(DetailSchema, detail);
	return parsed.success ? (parsed.output as SyncDetail) : null;
}

interface On {
	readonly db: D1Database;
	readonly registered: Registered;
	readonly clock: () => number;
	/** Milliseconds since the epoch. */
	readonly now: number;
}

/**
 * Asks a provider for its models and keeps what its list says. Throws `GatewayError` 409 for one that does not list
 * them; a list that cannot be had or read is no error but what came of it.
 */
export async function askForModels(provider: Provider, on: On): Promise<StoredSync & { readonly detail: SyncDetail }> {
	const lister = provider.adapter.models;
	if (lister === undefined) {
		throw GatewayError.of("models_not_listed", `provider \`${provider.name}\` does not list the models that it serves`);
	}
	const { db, now } = on;
	let detail: SyncDetail;
	try {
		const list = await readList(provider, lister, on.clock);
		const { models, skipped, others, isCut } = list;
		const found = difference(knownOf(provider, on.registered), list, now);
		detail = { list: { listed: models.length, skipped, others, isCut }, found, failure: null };
	} catch (error) {
		if (!(error instanceof UpstreamError)) throw error;
		const { kind, status, message } = error.fault;
		detail = { list: null, found: NOTHING, failure: { kind, status, message } };
	}
	const sync = { provider: provider.name, id: newId("sync", now, crypto.randomUUID()), at: now, detail };
	await writeSync(db, sync);
	return sync;
}

function knownOf(provider: Provider, { overrides }: Registered): Known {
	const own = new Map(overrides.map((document) => [document.name, overrideOf(document)]));
	const override = (id: string) => own.get(`${provider.name}/${id}`) ?? {};
	return {
		models: provider.models,
		named: (id) => provider.catalog?.listed(id) ?? null,
		isKnown: (id) => override(id).hidden === true,
		isSetByAdmin: (id) => override(id).prices !== undefined,
	};
}

/** What was applied, and the version of the learnt models that has it. */
export interface Learnt {
	readonly version: number;
	readonly applied: Applied;
}

/**
 * Learns what is accepted of a difference, as a new version; null when that is nothing. Throws `GatewayError` 400 for
 * more than can be kept.
 */
export async function learn(
	db: D1Database,
	provider: ProviderName,
	found: Difference,
	accepted: Accepted,
	author: Author,
): Promise<Learnt | null> {
	const taken = acceptedOf(found, accepted);
	const applied = countsOf(taken);
	if (DIFFERENCE_KINDS.every((kind) => applied[kind] === 0)) return null;
	return unlessOvertaken(async () => {
		const before = await findDocument(db, "learnt_models", provider);
		const body = learntBody(withAccepted(learntOf(before ?? { body: null }), taken));
		if (JSON.stringify(body).length > MAX_LEARNT_CHARACTERS) {
			throw GatewayError.of("invalid_request", "these are more models than can be kept; accept fewer", {
				param: "accept",
			});
		}
		const version = (before?.version ?? 0) + 1;
		const document = { name: provider, version, body, createdAt: author.at };
		const isWritten = await writeDocument(db, "learnt_models", document, "sync", author);
		return isWritten ? { version, applied } : "overtaken";
	});
}

/** What an admin has the daily job apply by itself at a provider. */
export async function daily(db: D1Database, provider: ProviderName): Promise<DifferenceKind[]> {
	const kinds = appliedDaily(await findDocument(db, "model_sync", provider));
	return DIFFERENCE_KINDS.filter((kind) => kinds.includes(kind));
}

/** Asks a provider for its models and applies what an admin said that the daily job should. */
export async function syncDaily(provider: Provider, on: On, author: Author): Promise<void> {
	if (provider.adapter.models === undefined) return;
	const { detail } = await askForModels(provider, on);
	const kinds = await daily(on.db, provider.name);
	await learn(on.db, provider.name, detail.found, Object.fromEntries(kinds.map((kind) => [kind, true])), author);
}

/** The last list of a provider, if it is the one that an admin saw. Throws `GatewayError` 409 when it is another. */
export async function proposed(db: D1Database, provider: ProviderName, id: string): Promise<StoredSync> {
	const sync = await findSync(db, provider);
	if (sync === null || sync.id !== id) {
		throw GatewayError.of("proposal_superseded", `\`${id}\` is not what the provider's list said last; look again`, {
			param: "proposal",
		});
	}
	return sync;
}
