// Faults planted into the product, each of which the simulation must find.
import { vi } from "vitest";
import type { EndedBatch } from "#core/key-object/settlement";
import { TeamExchange } from "#durable-objects/api-key/lease/team-exchange";
import { Budget } from "#durable-objects/api-key/ledger/budget";
import { counters } from "#durable-objects/api-key/ledger/counters";
import { Ledger } from "#durable-objects/api-key/ledger/ledger";
import { LedgerDraft } from "#durable-objects/api-key/ledger/ledger-cache";
import type { Job } from "#durable-objects/api-key/ledger/ledger-store";
import { SqlLedgerStore } from "#durable-objects/api-key/usage/sql-ledger-store";
import { UsageShipper } from "#durable-objects/api-key/usage/usage-shipper";
import { TeamBudgets } from "#durable-objects/team/budget";
import { SqlTeamStore } from "#durable-objects/team/schema";
import { Attempt } from "#gateway/attempts/attempt";
import { nanoUsd } from "#metering/money";
import { HONEST, type Mail } from "./gateway";

/**
 * A fault, planted into the product. `plant` returns what the gateway then sends; `vi.restoreAllMocks` takes it out.
 */
interface Mutant {
	readonly name: string;
	/** It shows only where several providers could serve a request. */
	readonly choice?: true;
	/** It shows only where the true cost of an attempt comes late. */
	readonly jobs?: true;
	/** It shows only where something else than chat is asked for, too. */
	readonly operations?: true;
	/** The seed to search from: what is rare is found far out, and one seed is always the same run. */
	readonly from?: number;
	readonly plant: () => Mail;
}

export const MUTANTS: readonly Mutant[] = [
	{
		name: "a batch that is repeated gets a new id",
		plant: () => {
			let sent = 0;
			return { ...HONEST, settle: (batch: EndedBatch) => ({ ...batch, id: `${batch.id} ${sent++}` }) };
		},
	},
	{
		name: "a batch that is refused is sent as a whole until it is given up",
		plant: () => ({ ...HONEST, refusal: () => new Error("the connection was lost") }),
	},
	{
		name: "the parts of a batch count beside the whole",
		plant: () => ({ ...HONEST, settle: ({ partOf: _, ...batch }: EndedBatch) => batch }),
	},
	{
		name: "what nobody reported is free",
		plant: () => ({
			...HONEST,
			settle: ({ items, ...batch }: EndedBatch) => ({
				...batch,
				items: items.map((item) => (item.estimated ? { ...item, actual: 0, void: true } : item)),
			}),
		}),
	},
	{
		name: "the copy that nobody read is free",
		choice: true,
		plant: () => {
			const { abandon } = Attempt.prototype;
			vi.spyOn(Attempt.prototype, "abandon").mockImplementation(function (this: Attempt) {
				this.end({ how: "failed", cause: { kind: "connect", status: null, message: "", unbilled: true }, silentMs: 0 });
				abandon.call(this);
			});
			return HONEST;
		},
	},
	{
		name: "the true cost of a job counts as often as it comes",
		jobs: true,
		plant: () => {
			const { job, commit } = SqlLedgerStore.prototype;
			const opened = new Map<string, Job>();
			vi.spyOn(SqlLedgerStore.prototype, "job").mockImplementation(function (this: SqlLedgerStore, id) {
				const found = job.call(this, id);
				return found === "closed" ? (opened.get(id) ?? found) : found;
			});
			vi.spyOn(SqlLedgerStore.prototype, "commit").mockImplementation(function (this: SqlLedgerStore, change) {
				const { record } = change;
				if (record?.kind === "late-cost") opened.set(record.id, record.job);
				return commit.call(this, change);
			});
			return HONEST;
		},
	},
	{
		name: "what a job cost less is not given back",
		jobs: true,
		plant: () => {
			const { commit } = SqlLedgerStore.prototype;
			vi.spyOn(SqlLedgerStore.prototype, "commit").mockImplementation(function (this: SqlLedgerStore, change) {
				return commit.call(this, change.record?.kind === "late-cost" ? { ...change, periods: [] } : change);
			});
			return HONEST;
		},
	},
	{
		name: "a budget of some operations counts none of the others, and none of its own",
		operations: true,
		plant: () => {
			const { covers } = Budget.prototype;
			vi.spyOn(Budget.prototype, "covers").mockImplementation(function (this: Budget, scope) {
				return this.spec.operations === undefined && covers.call(this, scope);
			});
			return HONEST;
		},
	},
	{
		name: "pictures are free, because nothing tells of tokens",
		operations: true,
		plant: () => {
			const { end } = Attempt.prototype;
			vi.spyOn(Attempt.prototype, "end").mockImplementation(function (this: Attempt, ending) {
				const isPicture = this.upstream.operation.name === "images" && ending.how === "answered";
				end.call(this, isPicture ? { ...ending, bill: { ...ending.bill, cost: nanoUsd(0) } } : ending);
			});
			return HONEST;
		},
	},
	{
		name: "a hold that expires is refunded",
		plant: () => {
			const { expire } = Ledger.prototype;
			vi.spyOn(Ledger.prototype, "expire").mockImplementation(function (this: Ledger, at, record) {
				const tokens = expire.call(this, at, record);
				for (const token of tokens) {
					const item = { token, actual: 0, estimated: false, void: true };
					this.settle({ id: `refund ${token.attemptId}`, sentAt: at, items: [item] }, at);
				}
				return tokens;
			});
			return HONEST;
		},
	},
	{
		name: "a fresh copy starts below the watermark",
		plant: () => {
			const { load } = SqlLedgerStore.prototype;
			vi.spyOn(SqlLedgerStore.prototype, "load").mockImplementation(function (this: SqlLedgerStore, budgetId, endUser) {
				return load.call(this, budgetId, endUser).map(({ ref, counters: stored }) => {
					const allowed = stored.credited + stored.settled + stored.forgiven;
					return { ref, counters: counters({ ...stored, allowed }) };
				});
			});
			return HONEST;
		},
	},
	{
		name: "head-room outlives a change of its terms",
		plant: () => {
			vi.spyOn(LedgerDraft.prototype, "close").mockImplementation(() => {});
			return HONEST;
		},
	},
	{
		name: "a budget is raised beyond its limit",
		plant: () => {
			vi.spyOn(Budget.prototype, "ceiling").mockImplementation(() => Number.MAX_SAFE_INTEGER);
			vi.spyOn(Budget.prototype, "bound").mockImplementation(() => Number.MAX_SAFE_INTEGER);
			return HONEST;
		},
	},
	{
		name: "the team does not store what it lends",
		plant: () => {
			vi.spyOn(SqlTeamStore.prototype, "commit").mockImplementation(() => "committed");
			return HONEST;
		},
	},
	{
		name: "what comes free after a lowered limit is held again",
		plant: () => {
			vi.spyOn(TeamExchange.prototype, "beforeHold").mockImplementation(() => {});
			return HONEST;
		},
	},
	{
		name: "an ask is granted after its key has given up",
		from: 3_670,
		plant: () => {
			const { exchange } = TeamBudgets.prototype;
			vi.spyOn(TeamBudgets.prototype, "exchange").mockImplementation(function (this: TeamBudgets, report, now) {
				return exchange.call(this, { ...report, order: 0 }, now);
			});
			return HONEST;
		},
	},
	{
		name: "a flush that failed counts as done",
		plant: () => {
			const { ship } = UsageShipper.prototype;
			vi.spyOn(UsageShipper.prototype, "ship").mockImplementation(function (this: UsageShipper, parcel) {
				return ship.call(this, parcel).catch(() => {});
			});
			return HONEST;
		},
	},
	{
		name: "a flush that is repeated counts again",
		plant: () => {
			let epochs = 0;
			const { ship } = UsageShipper.prototype;
			vi.spyOn(UsageShipper.prototype, "ship").mockImplementation(function (this: UsageShipper, parcel) {
				return ship.call(this, { ...parcel, epoch: parcel.epoch + ++epochs * 1e6 });
			});
			return HONEST;
		},
	},
	{
		name: "nobody looks after an object whose alarm was lost",
		plant: () => {
			vi.spyOn(UsageShipper.prototype, "markDirty").mockImplementation(async () => {});
			return HONEST;
		},
	},
];
