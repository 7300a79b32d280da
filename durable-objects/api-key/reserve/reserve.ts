import type { BudgetSpec, HoldToken, SpendScope } from "#core/budget/budget";
import { type KeyLimits, type LimitFigures, tokenLimit } from "#core/budget/limits";
import type { BudgetFigure, Reservation, ReserveRequest } from "#core/key-object/reservation";
import type { Loans, TeamExchange } from "#durable-objects/api-key/lease/team-exchange";
import type { Lacking, Ledger, Room } from "#durable-objects/api-key/ledger/ledger";
import { leastOf } from "#lib/list";
import type { KeyAuthority } from "./authority";
import type { Arrival, Limiter } from "./limiter";

/** What a key's limits stand at, replaced whenever other limits come into force. */
export interface ActiveLimits {
	readonly limits: KeyLimits;
	readonly limiter: Limiter;
}

/** An attempt that was granted and has not ended. */
export interface RunningAttempt {
	/** As counted by the token limit. */
	readonly tokens: number;
	/** Milliseconds since the epoch. */
	expiresAt: number;
	readonly scope: SpendScope;
}

/** What a decision rests on. */
export interface ReserveContext {
	readonly authority: KeyAuthority;
	readonly ledger: Ledger;
	readonly borrowing: TeamExchange;
	/** By attempt; bounded by their time. */
	readonly running: Map<string, RunningAttempt>;
	readonly clock: () => number;
	limits(): ActiveLimits;
}

/** For how long a request asks for its team's money, in milliseconds: its Worker still hears what the last asking brings. */
const PATIENCE_MS = 3_500;
/** How many exchanges a request may see without getting enough of their money. */
const ROUNDS = 32;
/** After so many it asks for no more than it must have. */
const MODEST_AFTER = 3;
/** Who names no output limit is held at most one part in so many of what there is, so that others can go on. */
const SHARE = 4;

type Decision =
	| { readonly kind: "final"; readonly reservation: Reservation }
	/** `held` would fit if the team lent this. */
	| { readonly kind: "lacking"; readonly money: readonly Lacking[]; readonly held: number };

/**
 * Decides on one attempt: who asks, how often, and for how much, in this order and all or nothing. Whoever is within
 * what was allowed before is answered from memory; a raise is written first, and only money of the team is waited for.
 * Throws what the store throws: nothing was granted then.
 */
export async function reserve(desk: ReserveContext, request: ReserveRequest): Promise<Reservation> {
	try {
		return await decideWithTeam(desk, request);
	} finally {
		desk.borrowing.served(request.attemptId);
	}
}

async function decideWithTeam(desk: ReserveContext, request: ReserveRequest): Promise<Reservation> {
	const begin = desk.clock();
	let loans: Loans | null = null;
	for (let round = 0; round < ROUNDS && desk.clock() - begin <= PATIENCE_MS; round++) {
		const admission = await desk.authority.admit(request);
		if (admission.outcome === "stale") return { outcome: "changed", current: admission.current };
		if (admission.outcome !== "ok") return admission;
		const decision = decide(desk, request, round >= MODEST_AFTER);
		if (decision.kind === "final") {
			if (decision.reservation.outcome === "granted") desk.borrowing.borrowAhead(desk.clock());
			return decision.reservation;
		}
		const refused = loans === null ? null : refusedBy(desk, request, decision, loans);
		if (refused !== null) return refused;
		loans = await desk.borrowing.borrow(request.attemptId, decision.money);
		if (loans === null) break;
	}
	return { outcome: "unavailable" };
}

/** Without waiting for anything: between the first question and the last change nothing else can happen. */
function decide(
	{ ledger, borrowing, running, clock, limits }: ReserveContext,
	request: ReserveRequest,
	isModest: boolean,
): Decision {
	const now = clock();
	const { attemptId, scope } = request;
	const desk = limits();
	const expiresAt = now + request.openMs;
	const tokens = Math.min(request.tokens, tokenLimit(desk.limits));
	const isFurther = request.further === true;
	const arrival: Arrival = { requestId: attemptId, tokens, expiresAt, isFurther };
	const known = running.get(attemptId);
	const repeats = known !== undefined && known.expiresAt > now;
	// The key has changed since an answer was lost, and with it who is asked: what is held is not for that.
	if (repeats && !sameScope(known.scope, scope)) return final({ outcome: "unavailable" });
	const covering = ledger.budgets.filter((budget) => budget.covers(scope));
	if (!repeats && !isFurther) {
		const limited = desk.limiter.check(arrival, now);
		if (limited.outcome === "limited") {
			const { by: limit, limit: most, retryAfter } = limited;
			const figures = figuresOf(desk, now);
			// Whoever is refused reads no end user's figures from the storage.
			const shared = covering.filter(({ spec }) => !spec.perEndUser);
			const tightest = shared.length === 0 ? null : tightestOf(ledger.rooms(scope, now, shared), borrowing);
			// A number of tokens is cut to the limit before it is asked for, so there is always a time when it would pass.
			return final({ outcome: "limited", limit, most, retryAfterMs: retryAfter ?? 0, figures, tightest });
		}
	}
	const binding = covering.find(({ spec }) => spec.action === "block");
	if (request.amount === null && binding !== undefined) return final({ outcome: "unpriced", budget: binding.spec });

	const grant = (token: HoldToken | null, warnings: readonly string[]): Decision => {
		if (!repeats) {
			desk.limiter.count(arrival, now);
			running.set(attemptId, { tokens, expiresAt, scope });
		}
		const tightest = covering.length === 0 ? null : tightestOf(ledger.rooms(scope, now), borrowing);
		return final({ outcome: "granted", token, figures: figuresOf(desk, now), tightest, warnings });
	};
	if (covering.length === 0) return grant(null, []);
	borrowing.beforeHold(now);
	const least = Math.min(request.amount ?? 0, request.atLeast);
	const held = isModest ? least : amountToHold(request, () => ledger.rooms(scope, now), borrowing);
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
	return final({ outcome: "exhausted", by, figures: figuresOf(desk, now) });
}

/**
 * What to hold. A caller that named an output limit is held for all of it. Else a quarter of what there is, and never
 * less than what is of use: so one request does not lock out the others.
 */
function amountToHold({ amount, atLeast }: ReserveRequest, rooms: () => Room[], borrowing: TeamExchange): number {
	const most = amount ?? 0;
	if (atLeast >= most) return most;
	// Of a team that has not been asked yet, the whole budget is taken to be there: its answer will say.
	const there = rooms().map(({ spec, limit, amount: room }) =>
		spec.owner === "team" ? room + (borrowing.standing(spec.id)?.remaining ?? limit) : room,
	);
	return Math.max(atLeast, Math.min(most, Math.floor(leastOf(there) / SHARE)));
}

/** The answer when the team said that it cannot lend what is lacking even for the least hold that is of use. */
function refusedBy(
	{ ledger, borrowing, clock, limits }: ReserveContext,
	{ amount, atLeast, scope }: ReserveRequest,
	{ money, held }: Decision & { kind: "lacking" },
	loans: Loans,
): Reservation | null {
	const spare = held - Math.min(amount ?? 0, atLeast);
	for (const { line, amount: lacks } of money) {
		const loan = loans.get(line.budgetId);
		// The team knows of no such budget: what binds the key is not known for certain.
		if (loan === undefined) return { outcome: "unavailable" };
		if (loan.reply.available === null || lacks - spare <= loan.reply.available) continue;
		const room = ledger.rooms(scope, clock()).find(({ spec }) => spec.id === line.budgetId);
		if (room === undefined) continue;
		return { outcome: "exhausted", by: figureOf(room, borrowing), figures: figuresOf(limits(), clock()) };
	}
	return null;
}

function sameScope(a: SpendScope, b: SpendScope): boolean {
	return a.provider === b.provider && a.model === b.model && a.endUser === b.endUser;
}

function tightestOf(rooms: readonly Room[], borrowing: TeamExchange): BudgetFigure | null {
	let tightest: BudgetFigure | null = null;
	for (const room of rooms) {
		if (room.spec.action === "warn") continue;
		const figure = figureOf(room, borrowing);
		if (tightest === null || figure.remaining < tightest.remaining) tightest = figure;
	}
	return tightest;
}

/** Of a team's budget both count: what the key holds, and what the team could still lend. */
function figureOf({ spec, limit, amount, resetsAt }: Room, borrowing: TeamExchange): BudgetFigure {
	const standing = spec.owner === "team" ? borrowing.standing(spec.id) : undefined;
	if (standing === undefined) return { budget: withLimit(spec, limit), remaining: amount, resetsAt };
	return {
		budget: withLimit(spec, standing.limit),
		remaining: amount + standing.remaining,
		resetsAt: standing.resetsAt,
	};
}

export function figuresOf({ limiter }: ActiveLimits, now: number): LimitFigures {
	const { requests, tokens } = limiter.standings(now);
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
