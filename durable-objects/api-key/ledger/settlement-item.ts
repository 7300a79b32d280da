// What an isolate reports of an attempt that ended, checked for what can be true.
import { type HoldToken, MAX_LIMIT_NANO_USD, type PeriodRef } from "#core/budget/budget";
import type { BatchContext } from "./batch-context";

/** What an isolate reports of one attempt that ended. */
interface SettlementItem {
	readonly token: HoldToken;
	/** What it cost, in nano-dollars. */
	readonly actual: number;
	/** The cost is not what the provider reported. */
	readonly estimated: boolean;
	/** Known to have cost nothing: the upstream was never reached, or refused unbilled. `actual` is 0 then. */
	readonly void: boolean;
}

/**
 * Attempts that settle together. An attempt is in one batch only, and a batch keeps its id however often it is sent:
 * that is what makes every credit happen once.
 */
export interface SettlementBatch {
	readonly id: string;
	/** When it was first sent, in milliseconds since the epoch; the same each time. */
	readonly sentAt: number;
	/** The ids of the batches that this one is a part of; absent when it is whole. */
	readonly partOf?: readonly string[];
	readonly items: readonly SettlementItem[];
	/** Stored together with the settlements of the items. */
	readonly context?: BatchContext;
}

/** An item as the ledger counts it. */
export interface JudgedSettlement {
	readonly token: HoldToken;
	readonly charged: number;
	readonly overrun: number;
	readonly ended: "settled" | "void";
	readonly estimated: boolean;
	readonly suspect: boolean;
}

/**
 * How an attempt ended. A report that cannot be true (no valid amount, a cost of 0 without `void`, a void with a cost)
 * is charged the whole hold. Null for a token that names no hold, which then stays charged.
 */
export function judgedSettlement(item: unknown): JudgedSettlement | null {
	if (!isRecord(item) || !isToken(item.token)) return null;
	const { token, actual, estimated } = item;
	const { amount } = token;
	if (item.void === true && actual === 0) {
		return { token, charged: 0, overrun: 0, ended: "void", estimated: false, suspect: false };
	}
	const credible = isAmount(actual) && item.void !== true && (actual > 0 || amount === 0);
	if (!credible) return { token, charged: amount, overrun: 0, ended: "settled", estimated: true, suspect: true };
	const charged = Math.min(actual, amount);
	return { token, charged, overrun: actual - charged, ended: "settled", estimated: estimated === true, suspect: false };
}

function isToken(value: unknown): value is HoldToken {
	return (
		isRecord(value) &&
		typeof value.attemptId === "string" &&
		isAmount(value.amount) &&
		Array.isArray(value.lines) &&
		value.lines.every(isPeriodRef)
	);
}

function isPeriodRef(value: unknown): value is PeriodRef {
	return (
		isRecord(value) &&
		typeof value.budgetId === "string" &&
		typeof value.endUser === "string" &&
		Number.isSafeInteger(value.window)
	);
}

export function isAmount(value: unknown): value is number {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= MAX_LIMIT_NANO_USD;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null;
}
