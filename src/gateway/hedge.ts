import type { Hedge } from "../core/alias";
import type { ChatRequest } from "../core/chat";
import { GatewayError } from "../core/errors";
import { type Fault, UpstreamError } from "../core/fault";
import type { TeamId } from "../core/ids";
import type { Answer } from "./answer";
import type { Attempt } from "./attempt";
import type { AttemptHolds } from "./attempt-holds";
import { NoCandidateLeft } from "./candidate-queue";
import { hedgeBudgets } from "./hedge-budget";
import type { PreparedAttempt } from "./prepared-attempt";
import { SpendRefused } from "./reservation";

/** Sooner no second copy is sent unless the alias says so, in milliseconds. */
const SOONEST_MS = 2_000;
/** The longest prompt that is sent twice, as its bound counts: in bytes, about four to a token. */
const LONGEST_PROMPT = 32_000;

/**
 * After how long without content a stream gets a second copy, in milliseconds; null for never: when the alias does not say
 * and nobody knows what is usual, when a copy would be dear or long, or when it would do something twice.
 */
export function hedgeDelay(
	hedge: Hedge,
	request: ChatRequest,
	first: PreparedAttempt,
	usual: number | null,
): number | null {
	if (!request.stream || hasEffects(request) || !isCheap(hedge, first)) return null;
	return hedge.afterMs ?? (usual === null ? null : Math.max(SOONEST_MS, usual));
}

/** A request that might get a second copy: what it costs is part of what copies may cost. */
export function countHedgeable(attempt: Attempt): void {
	const { teamId } = attempt.hold.principal;
	hedgeBudgets.request(teamId);
	attempt.onCost = (cost) => hedgeBudgets.spent(teamId, cost);
}

/** Holds for a second copy at another provider; null when none may be made, or it is not wanted any more by then. */
export async function secondCopy(
	first: Attempt,
	hedge: Hedge | null,
	booking: AttemptHolds,
	isWanted: () => boolean,
): Promise<Attempt | null> {
	const { teamId } = first.hold.principal;
	if (hedge === null || !hedgeBudgets.take(teamId, hedge.mostHeld)) return null;
	const selection = {
		notAt: first.upstream.provider.name,
		suits: (prepared: PreparedAttempt) => isCheap(hedge, prepared),
	};
	let second: Attempt | null = null;
	try {
		second = await booking.copy(selection, isWanted);
	} catch (error) {
		// The first copy goes on alone, whatever stands in the way of the second.
		if (!(error instanceof NoCandidateLeft || error instanceof SpendRefused || error instanceof GatewayError))
			throw error;
	}
	if (second === null) hedgeBudgets.giveBack(teamId, hedge.mostHeld);
	else settleCopies(teamId, hedge.mostHeld, first, second);
	return second;
}

/** When both copies have ended, the one that nobody read has cost too much, and the other is spending as any. */
function settleCopies(team: TeamId, taken: number, first: Attempt, second: Attempt): void {
	const costs = new Map<Attempt, number>();
	for (const attempt of [first, second]) {
		attempt.onCost = (cost) => {
			costs.set(attempt, cost);
			if (costs.size < 2) return;
			const read = second.isCommitted ? second : first;
			const extra = read === second ? first : second;
			hedgeBudgets.spent(team, costs.get(read) ?? 0);
			hedgeBudgets.giveBack(team, taken - (costs.get(extra) ?? 0));
		};
	}
}

function isCheap({ mostHeld }: Hedge, { bound }: PreparedAttempt): boolean {
	return bound !== null && bound.amount <= mostHeld && bound.inputTokens <= LONGEST_PROMPT;
}

/** Whether the vendor would keep something, or use tools of its own. */
function hasEffects({ store, web_search_options, extensions, providerExtensions }: ChatRequest): boolean {
	const isPlain = Object.keys(extensions).length === 0 && Object.keys(providerExtensions).length === 0;
	return store === true || web_search_options !== undefined || !isPlain;
}

/** What a race needs of whoever runs it. */
export interface Race {
	run(attempt: Attempt): Promise<Answer>;
	/** The second copy, held for; null when there is none or it is not wanted any more. */
	second(isWanted: () => boolean): Promise<Attempt | null>;
	/** An attempt failed; false when the other one is not to go on either. */
	failed(attempt: Attempt, fault: Fault): boolean;
}

/**
 * Runs an attempt, and a second one beside it when there is no content after `afterMs`. The first content wins; the other is
 * abandoned. Null when what ran has failed. Throws what is no fault of an upstream.
 */
export function raced(first: Attempt, afterMs: number, race: Race): Promise<Answer | null> {
	const { promise, resolve, reject } = Promise.withResolvers<Answer | null>();
	const running = new Set<Attempt>();
	let isOver = false;
	let isPending = false;
	const timer = setTimeout(() => void follow(), afterMs);
	const end = (tell: () => void): void => {
		isOver = true;
		clearTimeout(timer);
		for (const attempt of running) attempt.abandon();
		tell();
	};
	const start = async (attempt: Attempt): Promise<void> => {
		running.add(attempt);
		try {
			const answer = await race.run(attempt);
			running.delete(attempt);
			if (!isOver) end(() => resolve(answer));
			else if (answer.kind === "stream") answer.held.cancel();
		} catch (error) {
			running.delete(attempt);
			if (isOver) return;
			if (!(error instanceof UpstreamError)) end(() => reject(error));
			else if (!race.failed(attempt, error.fault) || (running.size === 0 && !isPending)) end(() => resolve(null));
		}
	};
	const follow = async (): Promise<void> => {
		isPending = true;
		try {
			const second = await race.second(() => !isOver);
			isPending = false;
			if (second !== null) void start(second);
			else if (running.size === 0 && !isOver) end(() => resolve(null));
		} catch (error) {
			if (!isOver) end(() => reject(error));
		}
	};
	void start(first);
	return promise;
}
