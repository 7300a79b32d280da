// Whether one attempt may be sent: the key's registration, its limits and its budgets, and how much is held for it.
import type { BudgetSpec, HoldToken, SpendScope } from "#core/budget/budget";
import { type KeyLimits, type LimitFigures, tokenLimit } from "#core/budget/limits";
import type { BudgetFigure, Reservation, ReserveRequest } from "#core/key-object/reservation";
import type { Loans, TeamExchange } from "#durable-objects/api-key/lease/team-exchange";
import type { Lacking, Ledger, Room } from "#durable-objects/api-key/ledger/ledger";
import { leastOf } from "#lib/list";
import type { KeyAuthority } from "./authority";
import type { Arrival, Limiter } from "./limiter";
import type { RunningAttempt } from "./running-attempt";

/** The limits in force, replaced whenever other limits come into force. */
export interface ActiveLimits {
	readonly limits: KeyLimits;
	readonly limiter: Limiter;
}

/** What a decision reads and changes. */
export interface ReserveContext {
	readonly authority: KeyAuthority;
	readonly ledger: Ledger;
	readonly borrowing: TeamExchange;
	/** By attempt id; an entry goes when its attempt ends or expires. */
	readonly running: Map<string, RunningAttempt>;
	readonly clock: () => number;
	limits(): ActiveLimits;
}

/**
 * For how long an attempt asks for its team's money, in milliseconds: short enough that its isolate still waits for the
 * answer.
 */
const PATIENCE_MS = 3_500;
/** How many exchanges an attempt takes part in before it is refused. */
const ROUNDS = 32;
/** After this many exchanges it asks for no more than it must have. */
const MODEST_AFTER = 3;
/** A caller that names no output limit is held at most 1/4 of what is left, so that other requests can go on. */
const SHARE = 4;

type Decision =
	| { readonly kind: "final"; readonly reservation: Reservation }
	/** A hold of `held` nano-dollars would fit if the team lent this. */
	| { readonly kind: "lacking"; readonly money: readonly Lacking[]; readonly held: number };

/**
 * Decides on one attempt by the key's registration, its limits and its budgets, in this order and all or nothing. A
 * hold within the head-room is answered from memory; a raise is stored first, and only the team's money is waited for.
 * Throws what the store throws: nothing was granted then.
 */
export async function reserve(context: ReserveContext, request: ReserveRequest): Promise<Reservation> {
	try {
		return await decideWithTeam(context, request);
	} finally {
		context.borrowing.served(request.attemptId);
	}
}

async function decideWithTeam(context: ReserveContext, request: ReserveRequest): Promise<Reservation> {
	const begin = context.clock();
	let loans: Loans | null = null;
	for (let round = 0; round < ROUNDS && context.clock() - begin <= PATIENCE_MS; round++) {
		const admission = await context.authority.admit(request);
		if (admission.outcome === "stale") return { outcome: "changed", current: admission.current };
		if (admission.outcome !== "ok") return admission;
		const decision = decide(context, request, round >= MODEST_AFTER);
		if (decision.kind === "final") {
			if (decision.reservation.outcome === "granted") context.borrowing.borrowAhead(context.clock());
			return decision.reservation;
		}
		const refused = loans === null ? null : refusedBy(context, request, decision, loans);
		if (refused !== null) return refused;
		loans = await context.borrowing.borrow(request.attemptId, decision.money);
		if (loans === null) break;
	}
	return { outcome: "unavailable" };
}

/** Synchronous: no other call runs between its checks and its changes. */
function decide(
	{ ledger, borrowing: exchange, running, clock, limits }: ReserveContext,
	request: ReserveRequest,
	isModest: boolean,
): Decision {
	const now = clock();
	const { attemptId, scope } = request;
	const context = limits();
	const expiresAt = now + request.openMs;
	const tokens = Math.min(request.tokens, tokenLimit(context.limits));
	const isFurther = request.further === true;
	const arrival: Arrival = { attemptId, tokens, expiresAt, isFurther };
	const known = running.get(attemptId);
	const repeats = known !== undefined && known.expiresAt > now;
	// The isolate repeats an attempt whose answer was lost, but for another model: what is held is not for that one.
	if (repeats && !sameScope(known.scope, scope)) return final({ outcome: "unavailable" });
	const covering = ledger.budgets.filter((budget) => budget.covers(scope));
	if (!repeats && !isFurther) {
		const limited = context.limiter.check(arrival, now);
		if (limited.outcome === "limited") {
			const { by: limit, limit: most, retryAfter } = limited;
			const figures = figuresOf(context, now);
			// For a refusal no end user's figures are read from storage.
			const shared = covering.filter(({ spec }) => !spec.perEndUser);
			const tightest = shared.length === 0 ? null : tightestOf(ledger.rooms(scope, now, shared), exchange);
			// Tokens were cut to the limit above, so there is always a time when the attempt would pass.
			return final({ outcome: "limited", limit, most, retryAfterMs: retryAfter ?? 0, figures, tightest });
		}
	}
	const binding = covering.find(({ spec }) => spec.action === "block");
	if (request.amount === null && binding !== undefined) return final({ outcome: "unpriced", budget: binding.spec });

	const grant = (token: HoldToken | null, warnings: readonly string[]): Decision => {
		if (!repeats) {
			context.limiter.count(arrival, now);
			running.set(attemptId, { tokens, expiresAt, scope });
		}
		const tightest = covering.length === 0 ? null : tightestOf(ledger.rooms(scope, now), exchange);
		return final({ outcome: "granted", token, figures: figuresOf(context, now), tightest, warnings });
	};
	if (covering.length === 0) return grant(null, []);
	exchange.beforeHold(now);
	const least = Math.min(request.amount ?? 0, request.atLeast);
	const held = isModest ? least : amountToHold(request, () => ledger.rooms(scope, now), exchange);
	const reserved = ledger.reserve({ attemptId, amount: held, scope, expiresAt }, now);
	if (reserved.outcome === "admitted") {
		if (reserved.token.amount < least) return final({ outcome: "unavailable" });
		return grant(reserved.token, reserved.warnings);
	}
	if (reserved.outcome === "lacking") return { kind: "lacking", money: reserved.money, held };
	const { budgetId, limit, affordable, resetsAt } = reserved.by;
	const spec = covering.find((budget) => budget.spec.id === budgetId)?.spec;
	if (spec === undefined) throw new Error(`refused by a budget that does not cover the attempt: ${budgetId}`);
	const by = { budget: withLimit(spec, limit), remaining: affordable, resetsAt };
	return final({ outcome: "exhausted", by, figures: figuresOf(context, now) });
}

/**
 * How much to hold, in nano-dollars. For a caller that named an output limit, all of it. Else a quarter of what is
 * left, but at least `atLeast`: so one request does not lock out the others.
 */
function amountToHold({ amount, atLeast }: ReserveRequest, rooms: () => Room[], exchange: TeamExchange): number {
	const most = amount ?? 0;
	if (atLeast >= most) return most;
	// A team that has not answered yet is taken to have its whole budget; its answer will say.
	const available = rooms().map(({ spec, limit, amount: room }) =>
		spec.owner === "team" ? room + (exchange.lastLoan(spec.id)?.remaining ?? limit) : room,
	);
	return Math.max(atLeast, Math.min(most, Math.floor(leastOf(available) / SHARE)));
}

/** The refusal when the team cannot lend what is lacking even for the least useful hold; null when it may. */
function refusedBy(
	{ ledger, borrowing: exchange, clock, limits }: ReserveContext,
	{ amount, atLeast, scope }: ReserveRequest,
	{ money, held }: Decision & { kind: "lacking" },
	loans: Loans,
): Reservation | null {
	const spare = held - Math.min(amount ?? 0, atLeast);
	for (const { period, amount: lacks } of money) {
		const loan = loans.get(period.budgetId);
		// The team knows no such budget, so which budgets bind the key is uncertain.
		if (loan === undefined) return { outcome: "unavailable" };
		if (loan.reply.available === null || lacks - spare <= loan.reply.available) continue;
		const room = ledger.rooms(scope, clock()).find(({ spec }) => spec.id === period.budgetId);
		if (room === undefined) continue;
		return { outcome: "exhausted", by: figureOf(room, exchange), figures: figuresOf(limits(), clock()) };
	}
	return null;
}

function sameScope(a: SpendScope, b: SpendScope): boolean {
	return a.provider === b.provider && a.model === b.model && a.endUser === b.endUser && a.operation === b.operation;
}

function tightestOf(rooms: readonly Room[], exchange: TeamExchange): BudgetFigure | null {
	let tightest: BudgetFigure | null = null;
	for (const room of rooms) {
		if (room.spec.action === "warn") continue;
		const figure = figureOf(room, exchange);
		if (tightest === null || figure.remaining < tightest.remaining) tightest = figure;
	}
	return tightest;
}

/** Of a team's budget both count: what the key holds, and what the team could still lend. */
function figureOf({ spec, limit, amount, resetsAt }: Room, exchange: TeamExchange): BudgetFigure {
	const loan = spec.owner === "team" ? exchange.lastLoan(spec.id) : undefined;
	if (loan === undefined) return { budget: withLimit(spec, limit), remaining: amount, resetsAt };
	return {
		budget: withLimit(spec, loan.limit),
		remaining: amount + loan.remaining,
		resetsAt: loan.resetsAt,
	};
}

export function figuresOf({ limiter }: ActiveLimits, now: number): LimitFigures {
	const { requests, tokens } = limiter.statuses(now);
	return {
		requests:
			requests === null ? null : { limit: requests.limit, remaining: requests.remaining, resetMs: requests.resetAfter },
		tokens: tokens === null ? null : { limit: tokens.limit, remaining: tokens.remaining, resetMs: tokens.resetAfter },
	};
}

function withLimit(spec: BudgetSpec, limit: number): BudgetSpec {
	return spec.limit === limit ? spec : { ...spec, limit };
}

function final(reservation: Reservation): Decision {
	return { kind: "final", reservation };
}
