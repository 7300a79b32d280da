// A batch: requests that a vendor works through by and by, each of which is a job of its own in the books.
import type { Model, Price } from "#catalog/model";
import type { HoldToken } from "#core/budget/budget";
import type { VendorAccount } from "#core/files/file";
import type { BatchId, FileId, KeyId, TeamId } from "#core/ids";

/** One request of a batch. Amounts are nano-dollars. */
export interface BatchLine {
	/** As its caller named it; unique in its batch. */
	readonly customId: string;
	readonly model: string;
	/** The attempt that was held and settled for it, and the job that it became. */
	readonly attemptId: string;
	readonly jobId: string;
	/** As it was granted; null where no budget binds. */
	readonly token: HoldToken | null;
	/** The most that it can cost; null where the model's price is not known, and nothing is charged. */
	readonly charged: number | null;
}

/** What a model costs in batches. */
export type Tariff = Pick<Model, "prices" | "rules">;

export const BATCH_STATUSES = [
	...(["validating", "failed", "in_progress", "finalizing"] as const),
	...(["completed", "expired", "cancelling", "cancelled"] as const),
] as const;
type BatchStatus = (typeof BATCH_STATUSES)[number];

/** After these a vendor works on nothing of it any more. */
export const FINAL_STATUSES: ReadonlySet<BatchStatus> = new Set(["failed", "completed", "expired", "cancelled"]);

/** How far the vendor is, as it last said. Times in seconds since the epoch. */
export interface BatchProgress {
	readonly status: BatchStatus;
	readonly completed: number;
	readonly failed: number;
	/** By the name of OpenAI's field, as `in_progress_at`. */
	readonly times: Readonly<Record<string, number>>;
	/** What is wrong with the batch as a whole. */
	readonly problems: readonly { readonly code: string; readonly message: string }[];
	/** The vendor's files: what it works through, and what it wrote; null for none. */
	readonly files: {
		readonly input: string | null;
		readonly output: string | null;
		readonly error: string | null;
	};
}

/** A batch of a team's. Times in milliseconds since the epoch. */
export interface StoredBatch extends VendorAccount {
	readonly id: BatchId;
	readonly teamId: TeamId;
	readonly keyId: KeyId;
	readonly endpoint: string;
	readonly inputFileId: FileId;
	readonly metadata: Readonly<Record<string, string>>;
	readonly lines: readonly BatchLine[];
	/** By model, as it was when the batch began. */
	readonly tariffs: Readonly<Record<string, Tariff>>;
	/** Nano-dollars, of all lines. */
	readonly charged: number;
	/** What all lines truly cost; null until it is booked. */
	readonly cost: number | null;
	/** Null until the vendor has said that it took it. */
	readonly vendorId: string | null;
	readonly progress: BatchProgress;
	readonly outputFileId: FileId | null;
	readonly errorFileId: FileId | null;
	readonly createdAt: number;
	readonly lookedAt: number;
	readonly settledAt: number | null;
}

const BATCH_ID = /^batch_[0-9a-f]{32}$/;

export function isBatchId(id: string): id is BatchId {
	return BATCH_ID.test(id);
}

/**
 * The model at what its vendor asks in batches: a share of each price, in thousandths. Tiers of service have no part.
 */
export function atBatchPrice(model: Model, thousandths: number): Model {
	const { tiers: _, ...rules } = model.rules;
	const prices = model.prices.map(({ from, price }) => ({ from, price: shareOf(price, thousandths) }));
	return { ...model, prices, rules };
}

function shareOf(price: Price, thousandths: number): Price {
	const share = (each: number) => Math.ceil((each * thousandths) / 1000);
	const { audioInput, imageInput, imageOutput } = price;
	return {
		input: share(price.input),
		cacheRead: share(price.cacheRead),
		cacheWrite: share(price.cacheWrite),
		cacheWriteHour: share(price.cacheWriteHour),
		output: share(price.output),
		...(audioInput !== undefined && { audioInput: share(audioInput) }),
		...(imageInput !== undefined && { imageInput: share(imageInput) }),
		...(imageOutput !== undefined && { imageOutput: share(imageOutput) }),
	};
}
