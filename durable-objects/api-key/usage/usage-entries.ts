// What the object writes into its outbox: log rows and counts, made of requests' records, settlements and expired
// holds.
import type { KeyId, RequestId, TeamId } from "#core/ids";
import { timeOfId } from "#core/ids";
import { fieldName } from "#core/usage/field-name";
import { columnsFrom, type FieldsFrom } from "#core/usage/request-columns";
import type { RequestRecord } from "#core/usage/request-record";
import { addTokens, isWhole, UsageTally } from "#core/usage/usage-count";
import type { AttemptEntry, LoneCharge, RequestRow, UsageEntry } from "#core/usage/usage-entry";
import type { AttemptTarget, BatchContext, Charge, ExpiredHold } from "#durable-objects/api-key/ledger/batch-context";
import type { Job, Settlement } from "#durable-objects/api-key/ledger/ledger-store";
import type { ShippedUsage } from "#store/usage/usage-flush";

type Shippable = Pick<ShippedUsage, "rows" | "counts">;

const UNKNOWN: AttemptTarget = { provider: null, model: null };

/**
 * What a batch adds to the usage log. Costs are those of the ledger: a charge goes into the record of its request where
 * both come together, and else stands alone. The charge of an expired hold is taken back when its settlement is
 * charged.
 */
export function entryOfBatch(
	keyId: KeyId,
	settlements: readonly Settlement[],
	context: BatchContext,
	now: number,
): UsageEntry {
	const { teamId, requests, unheld, targets, expired } = context;
	const charges = new Map<string, Charge>(unheld.map((charge) => [charge.attemptId, charge]));
	for (const { attemptId, charged, overrun, estimated } of settlements) {
		charges.set(attemptId, { attemptId, cost: charged + overrun, estimated });
	}
	const rows = requests.map((request) => rowOf(request, charges));
	const lone: LoneCharge[] = expired.map(({ attemptId, provider, model, amount }) => {
		return { attemptId, provider, model, cost: -amount, estimatedCost: -amount, why: "corrected" };
	});
	for (const { attemptId, cost, estimated } of charges.values()) {
		const { provider, model } = targets[attemptId] ?? UNKNOWN;
		if (cost === 0) continue;
		lone.push({ attemptId, provider, model, cost, estimatedCost: estimated ? cost : 0, why: "settled" });
	}
	return entryWith([...rows, ...loneRows(keyId, teamId, lone, now)]);
}

/** What a hold that ran out adds to the usage log. */
export function entryOfExpired(keyId: KeyId, teamId: TeamId, expired: ExpiredHold, now: number): UsageEntry {
	const { attemptId, provider, model, amount } = expired;
	const lone: LoneCharge = { attemptId, provider, model, cost: amount, estimatedCost: amount, why: "expired" };
	return entryWith(loneRows(keyId, teamId, [lone], now));
}

/** What the true cost of a job adds to the usage log: what it is more than its charge, or less. */
export function entryOfLateCost(keyId: KeyId, job: Job, actual: number, now: number): UsageEntry {
	const { attemptId, teamId, app, provider, model, charged, overrun, estimated } = job;
	const before = charged + overrun;
	const estimatedCost = estimated ? -before : 0;
	const lone: LoneCharge = { attemptId, provider, model, cost: actual - before, estimatedCost, why: "corrected" };
	return entryWith(loneRows(keyId, teamId, [lone], now).map((row) => ({ ...row, app })));
}

/** A stored entry without the labels that callers chose. */
export function unlabelled({ rows, counts }: Shippable): Shippable {
	return {
		rows: rows.map((row) => ({ ...row, ...NO_LABELS })),
		counts: counts.map((count) => ({ ...count, app: "" })),
	};
}

/** Stands in for an entry of which D1 takes only the sum: one request with a cost and nothing else known. */
export function entryOfSum(keyId: KeyId, teamId: TeamId, requestId: RequestId, cost: number, at: number): UsageEntry {
	const sum: LoneCharge = {
		attemptId: `${requestId}.1`,
		provider: null,
		model: null,
		cost,
		estimatedCost: 0,
		why: "settled",
	};
	return entryWith(loneRows(keyId, teamId, [sum], at));
}

function entryWith(rows: readonly RequestRow[]): UsageEntry {
	const tally = new UsageTally();
	for (const row of rows) tally.add(row);
	return { rows, counts: tally.counts };
}

/** How many records an entry holds, and their sum in nano-dollars. */
export function sizeOf({ rows }: UsageEntry): { readonly weight: number; readonly cost: number } {
	return { weight: Math.max(1, rows.length), cost: rows.reduce((sum, { cost }) => sum + cost, 0) };
}

/** Takes from `charges` what the request's attempts cost. */
export function rowOf(record: RequestRecord, charges: Map<string, Charge>): RequestRow {
	const { requestId: id, attempts: recorded, ...rest } = record;
	const attempts = recorded.map((attempt) => {
		const charge = charges.get(attempt.attemptId);
		charges.delete(attempt.attemptId);
		return { ...attempt, cost: charge?.cost ?? 0, estimated: charge?.estimated ?? false };
	});
	return { ...rest, id, ...tokensOf(attempts), ...moneyOf(attempts), attempts };
}

function tokensOf(attempts: RequestRecord["attempts"]) {
	const sum = { inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 };
	for (const { usage } of attempts) if (usage !== null) addTokens(sum, usage);
	return sum;
}

function moneyOf(attempts: readonly AttemptEntry[]): Pick<RequestRow, "cost" | "estimated"> {
	let [cost, estimated] = [0, 0];
	for (const attempt of attempts) {
		cost += attempt.cost;
		estimated += isWhole(attempt) ? Number(attempt.estimated) : Math.sign(attempt.estimatedCost);
	}
	return { cost, estimated };
}

/** One row for each request, whose id an attempt's begins with. */
function loneRows(keyId: KeyId, teamId: TeamId, lone: readonly LoneCharge[], now: number): RequestRow[] {
	const requests = new Map<string, LoneCharge[]>();
	for (const charge of lone) {
		const id = charge.attemptId.replace(/\.\d+$/, "");
		requests.set(id, [...(requests.get(id) ?? []), charge]);
	}
	return [...requests].map(([id, attempts]) => ({
		...NO_RECORD,
		...tokensOf([]),
		id: id as RequestId,
		at: timeOfId(id) ?? now,
		teamId,
		keyId,
		...moneyOf(attempts),
		attempts,
	}));
}

/** The labels that callers chose, and the fields that follow from them. */
const NO_LABELS = {
	app: null,
	session: null,
	endUser: null,
	metadata: null,
	requestedModel: null,
	alias: null,
	candidates: null,
	excluded: null,
} satisfies Partial<RequestRow>;

/** The fields of a request whose record has not come. */
const NO_RECORD = Object.fromEntries(columnsFrom("record").map((name) => [fieldName(name), null])) as {
	readonly [Field in keyof FieldsFrom<"record">]: null;
};
