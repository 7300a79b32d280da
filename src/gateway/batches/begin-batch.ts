/**
 * Begins a batch: all its lines are held for at the most that they can cost, the vendor is asked, and what it took is
 * settled as estimated at once, each line as a job of its own. What the vendor did not take is held no longer.
 */
import * as v from "valibot";
import type { HoldToken } from "#core/budget/budget";
import { GatewayError } from "#core/errors";
import { type BatchId, newId } from "#core/ids";
import { orUnavailable } from "#gateway/files/team-files";
import { askAccount, askAccountJson, openAccount } from "#gateway/files/vendor-account";
import { reserve, SpendRefused } from "#gateway/spending/reservation";
import { ledgerUnavailable, priceUnknown } from "#gateway/spending/reservation-errors";
import { mapConcurrent } from "#lib/map-concurrent";
import type { BatchLine, StoredBatch } from "#metering/batch";
import { createBatch, deleteBatch, writeProgress } from "#store/files/batches";
import type { BatchCall, BatchOrder } from "./batch-order";
import { type PricedLine, pricedLines } from "./price-lines";
import { progressOf, VendorBatch } from "./vendor-batch";
import { BATCH_LABEL } from "./watch-batch";

/**
 * Begins a batch. Throws `GatewayError`: 400 and 403 for lines that may not be asked, `SpendRefused` where the budgets
 * do not hold all of them, 503, and what the vendor refuses it with; nothing is charged then.
 */
export async function beginBatch(call: BatchCall, order: BatchOrder): Promise<StoredBatch> {
	const { env, isolate, principal, receivedAt, serving, caller } = call;
	const { file, endpoint, metadata } = order;
	const account = openAccount(serving.byName, file);
	const lines = await pricedLines(call, order);
	const id = newId("batch", receivedAt, isolate.newId()) as BatchId;
	const tokens = await heldLines(call, lines);
	const batchLines = lines.map(
		({ customId, model, bound }, index): BatchLine => ({
			customId,
			model: model.id,
			attemptId: attemptOf(call, index),
			jobId: `${id}.${index + 1}`,
			token: tokens[index] ?? null,
			charged: bound?.amount ?? null,
		}),
	);
	const begun: StoredBatch = {
		id,
		teamId: principal.teamId,
		keyId: principal.keyId,
		provider: file.provider,
		credential: file.credential,
		endpoint,
		inputFileId: file.id,
		metadata,
		lines: batchLines,
		tariffs: Object.fromEntries(lines.map(({ model: { id: name, prices, rules } }) => [name, { prices, rules }])),
		charged: batchLines.reduce((sum, { charged }) => sum + (charged ?? 0), 0),
		cost: null,
		vendorId: null,
		progress: {
			status: "validating",
			completed: 0,
			failed: 0,
			times: {},
			problems: [],
			files: { input: null, output: null, error: null },
		},
		outputFileId: null,
		errorFileId: null,
		createdAt: receivedAt,
		lookedAt: receivedAt,
		settledAt: null,
	};
	let input: string | null = null;
	let taken: v.InferOutput<typeof VendorBatch> | null;
	try {
		input = await uploaded();
		await orUnavailable(createBatch(env.DB, begun));
		taken = await asked(input);
	} catch (error) {
		giveBack(call, tokens);
		await orUnavailable(deleteBatch(env.DB, id));
		if (input !== null) await askAccount(account, { path: `/files/${input}`, method: "DELETE" }, caller, isolate.clock);
		throw error;
	}
	settleLines(call, batchLines);
	if (taken === null) return begun;
	const seen = { ...begun, vendorId: taken.id, progress: progressOf(taken) };
	await orUnavailable(writeProgress(env.DB, id, seen.vendorId, seen.progress, receivedAt));
	return seen;

	/** Null where the vendor may work on it and has not said so: the batch is charged, and looked for there later. */
	async function asked(inputId: string): Promise<v.InferOutput<typeof VendorBatch> | null> {
		const body = {
			input_file_id: inputId,
			endpoint,
			completion_window: "24h",
			metadata: { ...metadata, [BATCH_LABEL]: id },
		};
		try {
			const batch = await askAccountJson(VendorBatch, account, { path: "/batches", body }, caller, isolate.clock);
			if (batch !== null) return batch;
		} catch (error) {
			if (isRefusal(error)) throw error;
			return null;
		}
		throw GatewayError.of("unsupported_endpoint", `\`${file.provider}\` has no batches`);
	}

	/** What the vendor works through is what was read here, under its own names of models and with what must be set. */
	async function uploaded(): Promise<string> {
		const text = lines
			.map(({ customId, body }) => `${JSON.stringify({ custom_id: customId, method: "POST", url: endpoint, body })}\n`)
			.join("");
		const form = [
			{ name: "purpose", bytes: UTF_8.encode("batch") },
			{ name: "file", fileName: `${id}.jsonl`, type: "application/jsonl", bytes: UTF_8.encode(text) },
		];
		const kept = await askAccountJson(VendorFile, account, { path: "/files", form }, caller, isolate.clock);
		if (kept === null) throw GatewayError.of("unsupported_endpoint", `\`${file.provider}\` keeps no files`);
		return kept.id;
	}
}

const UTF_8 = new TextEncoder();
const VendorFile = v.looseObject({ id: v.pipe(v.string(), v.regex(/^[\w.-]{1,200}$/)) });

/** Whether the vendor said that it takes no such batch. */
function isRefusal(error: unknown): boolean {
	const status = error instanceof GatewayError ? error.details.metadata?.upstream_status : undefined;
	return typeof status === "number" && status >= 400 && status < 500 && status !== 408;
}

/** Holds for all lines, or for none. Throws `SpendRefused` and `GatewayError`. */
async function heldLines(call: BatchCall, lines: readonly PricedLine[]): Promise<(HoldToken | null)[]> {
	const { principal, version, receivedAt } = call;
	const tokens: (HoldToken | null)[] = lines.map(() => null);
	let failure: unknown = null;
	const hold = async (line: PricedLine, index: number): Promise<void> => {
		const spender = { ...call, attemptId: attemptOf(call, index), isFurther: index > 0, now: receivedAt };
		const { scope, bound } = line;
		const outcome = await reserve(spender, { scope, bound, openEnded: false, expectedTokens: 0 }, principal, version);
		if (outcome.outcome === "granted") tokens[index] = outcome.hold.token;
		else if (outcome.outcome === "unpriced") throw priceUnknown(line.model, outcome.budget);
		else throw ledgerUnavailable();
	};
	await mapConcurrent([...lines.entries()], async ([index, line]) => {
		if (failure !== null) return;
		try {
			await hold(line, index);
		} catch (error) {
			failure ??= error;
		}
	});
	if (failure === null) return tokens;
	giveBack(call, tokens);
	throw failure instanceof SpendRefused ? failure.error : failure;
}

/** What is held is free again; also what may be held although no answer came. */
function giveBack(call: BatchCall, tokens: readonly (HoldToken | null)[]): void {
	for (const [index, token] of tokens.entries()) {
		call.isolate.settlements.settle(call, call.principal.keyId, {
			attemptId: attemptOf(call, index),
			token,
			actual: 0,
			estimated: false,
			void: true,
			tokens: 0,
		});
	}
}

function settleLines(call: BatchCall, lines: readonly BatchLine[]): void {
	for (const { attemptId, token, charged, jobId } of lines) {
		call.isolate.settlements.settle(call, call.principal.keyId, {
			attemptId,
			token,
			actual: charged ?? 0,
			estimated: true,
			void: charged === 0,
			tokens: 0,
			...(charged !== null && charged > 0 && { jobId }),
		});
	}
}

function attemptOf({ requestId }: Pick<BatchCall, "requestId">, index: number): string {
	return `${requestId}.${index + 1}`;
}
