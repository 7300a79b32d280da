// A team's object above its keys' as a machine for the explorer, with the rules that mutants break.
import type { BudgetSpec, HoldToken } from "#core/budget/budget";
import { Lease } from "#durable-objects/api-key/lease/lease";
import type { BudgetPeriod } from "#durable-objects/api-key/ledger/budget-period";
import { used } from "#durable-objects/api-key/ledger/counters";
import { type Hold, Ledger, type Reserved } from "#durable-objects/api-key/ledger/ledger";
import { type LedgerMemory, newLedgerMemory } from "#durable-objects/api-key/ledger/ledger-cache";
import type { LedgerStore } from "#durable-objects/api-key/ledger/ledger-store";
import type { LeaseReply, LeaseReport } from "#durable-objects/shared/lease-protocol";
import { TeamBudgets } from "#durable-objects/team/budget";
import type { TeamStore } from "#durable-objects/team/store";
import { type Disk, DiskStore, newDisk } from "#test/support/disk";
import { newTeamDisk, type TeamDisk, TeamDiskStore } from "#test/support/team-disk";
import { copyDisk, copyMemory } from "./copy";
import { fault, type Machine } from "./explore";

/** Rules that a mutant may break; what is not overridden is the product's own. */
export interface TeamRules {
	store(disk: Disk, owner: number): LedgerStore;
	reserve(ledger: Ledger, hold: Hold, now: number): Reserved;
	settle(ledger: Ledger, token: HoldToken, actual: number, now: number): void;
	/** Returns the reports; `record` false undoes what the key stored. */
	giveBack(
		ledger: Ledger,
		lease: Lease,
		now: number,
	): { readonly reports: LeaseReport[]; readonly isRecorded: boolean };
	take(ledger: Ledger, lease: Lease, reply: LeaseReply, now: number): void;
	exchange(team: TeamBudgets, report: LeaseReport, disk: TeamDisk, now: number): LeaseReply | null;
	/** What a copy of the team's object stands on that was replaced when `before` was stored. */
	leftBehind(before: TeamDisk, disk: TeamDisk): TeamStore;
	/**
	 * Whether messages that can have no effect any more, because their figures are no greater than what is stored, are
	 * left out. The team's and the key's figures only grow, so this loses no behaviour of the product.
	 */
	readonly dropsSpent: boolean;
}

export const TEAM_RULES: TeamRules = {
	store: (disk, owner) => new DiskStore(disk, owner),
	reserve: (ledger, hold, now) => ledger.reserve(hold, now),
	settle: (ledger, token, actual, now) => {
		ledger.settle(
			{ id: token.attemptId, sentAt: now, items: [{ token, actual, estimated: false, void: actual === 0 }] },
			now,
		);
	},
	giveBack: (_, lease, now) => ({ reports: lease.giveBack("all", now), isRecorded: true }),
	take: (_, lease, reply, now) => lease.take(reply, now),
	exchange: (team, report, _, now) => team.exchange(report, now),
	leftBehind: (before) => ({
		load: (budgetId) => new TeamDiskStore(before, 0).load(budgetId),
		commit: () => {
			throw new Error("another copy of the object has taken over");
		},
		forgetAllBut: () => {},
	}),
	dropsSpent: true,
};

/** How far to look. */
export interface TeamScope {
	/** The team's budget; holds are of 1 and 2. */
	readonly limit: number;
	readonly attempts: number;
	/** How often a key's object may move, leaving a copy that lives on. */
	readonly moves: number;
	/** Whether the team's object may move once, leaving a copy that answers what it need not store. */
	readonly teamMoves?: boolean;
	/** Whether an upstream may bill more than was held. */
	readonly overruns?: boolean;
	/** Whether the window may turn once, and to what: another day, or another part of the same rolling window. */
	readonly turn: "none" | "day" | "part";
}

interface Attempt {
	readonly key: number;
	readonly hold: number;
	readonly actual: number;
	readonly token: HoldToken;
	readonly window: number;
	/** Running counts at its hold; an attempt that has finished is told at once, since not telling only costs the key. */
	readonly isTold: boolean;
}

interface Key {
	readonly disk: Disk;
	/** The last one is current. */
	readonly copies: readonly { readonly owner: number; readonly memory: LedgerMemory }[];
}

interface State {
	readonly day: number;
	readonly team: TeamDisk;
	/** What was stored when the team's object moved: all that its old copy knows. */
	readonly before: TeamDisk | null;
	readonly keys: readonly Key[];
	readonly attempts: readonly Attempt[];
	/** Everything ever sent: each message may arrive never, once, or often, at any time, in any order. */
	readonly reports: ReadonlyMap<string, LeaseReport>;
	readonly replies: ReadonlyMap<string, LeaseReply & { readonly key: number }>;
	readonly wrong: string | null;
}

const DAY_MS = 86_400_000;
/** What may be held, and what it then costs. */
const HOLDS: readonly (readonly [number, number])[] = [
	[1, 0],
	[2, 1],
];
const OVERRUN = [1, 2] as const;

const SPEC: Omit<BudgetSpec, "limit" | "window"> = {
	id: "t",
	timeZone: "UTC",
	owner: "team",
	action: "block",
	perEndUser: false,
};

/** All that one key's future depends on. The two keys are alike, so states that only swap them are the same. */
function partOf({ team, before, keys, attempts, reports, replies }: State, k: number): string {
	const { disk, copies } = keys[k] ?? newKey();
	let part = `${linesKey([...disk.lines.values()].map((line) => ({ ...line, gross: 0 })))}`;
	for (const [i, { memory }] of copies.entries()) {
		const account = memory.accounts.get("t")?.get("");
		const lines = new Map(account?.periods);
		if (i === copies.length - 1) {
			// What the current copy has not read yet it will read as it is.
			for (const { ref, counters } of disk.lines.values()) {
				if (!lines.has(ref.window)) lines.set(ref.window, { ref, counters, gross: counters.allowed });
			}
		}
		part += `/${account?.recentSpend.sum ?? 0}:${linesKey([...lines.values()])}`;
	}
	for (const known of [team, before]) {
		part += " team";
		for (const { ref, share } of known?.shares.values() ?? []) {
			if (ref.keyId === `k${k}`) part += ` ${ref.window}=${share.granted},${share.returned},${share.overrun}`;
		}
	}
	for (const { key, hold, actual, window, isTold, token } of attempts) {
		if (key === k) part += ` a${hold}${actual}${window}${isTold}${disk.records.has(token.attemptId)}`;
	}
	const sent: string[] = [];
	for (const { keyId, window, least, owed, returned, overrun } of reports.values()) {
		if (keyId === `k${k}`) sent.push(`${window}?${least},${owed},${returned},${overrun}`);
	}
	for (const { key, window, granted } of replies.values()) if (key === k) sent.push(`${window}!${granted}`);
	return `${part} ${sent.sort().join(" ")}`;
}

function linesKey(lines: readonly BudgetPeriod[]): string {
	return lines
		.filter(({ counters: c }) => c.allowed > 0 || c.granted > 0)
		.map(({ ref, counters: c, gross }) => {
			return `${ref.window}=${gross},${c.allowed},${c.credited},${c.settled},${c.granted},${c.returned},${c.overrun}`;
		})
		.sort()
		.join(";");
}

/** All that is lent of a window, or of all windows. */
function lentOf({ shares }: TeamDisk, window: number | null): number {
	let lent = 0;
	for (const { ref, share } of shares.values()) {
		if (window === null || ref.window === window) lent += share.granted - share.returned;
	}
	return lent;
}

function newKey(): Key {
	return { disk: newDisk(), copies: [{ owner: 0, memory: newLedgerMemory() }] };
}

const WINDOWS = { none: "total", day: "day", part: { rollingSeconds: (60 * DAY_MS) / 1000 } } as const;

/** Noon of a day, so that no clock is near a turn. */
function noon(day: number): number {
	return (day + 100) * DAY_MS + DAY_MS / 2;
}

/** Two keys that share a team's budget, over a network that loses, doubles, delays and reorders. */
export function twoLevel(rules: TeamRules, scope: TeamScope): Machine<State> {
	const spec: BudgetSpec = { ...SPEC, limit: scope.limit, window: WINDOWS[scope.turn] };
	const holds = scope.overruns ? [...HOLDS, OVERRUN] : HOLDS;

	/** Lets one copy of one key act; what it throws because it was replaced is a refusal. */
	function act(state: State, k: number, i: number, run: (ledger: Ledger, lease: Lease) => void): State {
		const key = state.keys[k];
		const copy = key?.copies[i];
		if (key === undefined || copy === undefined) throw new RangeError("no such copy");
		const disk = copyDisk(key.disk);
		const memory = copyMemory(copy.memory);
		const ledger = new Ledger(rules.store(disk, copy.owner), [spec], memory, 1);
		let wrong = state.wrong;
		try {
			run(ledger, new Lease(ledger, `k${k}`));
		} catch (error) {
			wrong = fault(error) ?? wrong;
		}
		const copies = key.copies.map((other, n) => (n === i ? { ...other, memory } : other));
		return { ...state, keys: state.keys.map((other, n) => (n === k ? { disk, copies } : other)), wrong };
	}

	function tell(state: State, reports: readonly LeaseReport[]): State {
		const sent = new Map(state.reports);
		for (const asked of reports) {
			// What is only for display has no influence and would make states differ; nor does what is wanted beyond the
			// least, because a fair part of so small a limit is nothing.
			const report = { ...asked, wanted: asked.least, settled: 0, order: 0 };
			if (report.least === 0 && report.returned === 0 && report.overrun === 0) continue;
			// Money can go back and forth for ever: it is enough to see it go once and a bit.
			if (report.least > scope.limit + 1) continue;
			sent.set(JSON.stringify(report), report);
		}
		return { ...state, reports: sent };
	}

	/** The state without messages that nothing can come of. */
	function tidied(state: State): State {
		if (!rules.dropsSpent) return state;
		const reports = [...state.reports].filter(([, { budgetId, window, keyId, least, owed, returned, overrun }]) => {
			const share = state.team.shares.get(`${budgetId} ${window} ${keyId}`)?.share;
			const isNews = Math.max(least, owed) > (share?.granted ?? 0) || returned > (share?.returned ?? 0);
			return isNews || overrun > (share?.overrun ?? 0);
		});
		const replies = [...state.replies].filter(([, { budgetId, window, key, granted }]) => {
			const line = state.keys[key]?.disk.lines.get(`${budgetId}  ${window}`);
			return granted > (line?.counters.granted ?? 0);
		});
		return { ...state, reports: new Map(reports), replies: new Map(replies) };
	}

	function* next(state: State): Generator<readonly [string, State]> {
		for (const [name, after] of every(state)) yield [name, tidied(after)];
	}

	function* ofCopy(state: State, k: number, i: number, key: Key): Generator<readonly [string, State]> {
		const now = noon(state.day);
		const name = `key ${k}${i === key.copies.length - 1 ? "" : " (old copy)"}`;
		if (state.attempts.length < scope.attempts) {
			for (const [hold, actual] of holds) {
				let token: HoldToken | null = null;
				let asks: LeaseReport[] = [];
				const after = act(state, k, i, (ledger, lease) => {
					const attemptId = `a${state.attempts.length}`;
					const about = { provider: "p", model: "p/m", endUser: null };
					const wanted = { attemptId, amount: hold, scope: about, expiresAt: now + 10 };
					const reserved = rules.reserve(ledger, wanted, now);
					if (reserved.outcome === "admitted") token = reserved.token;
					if (reserved.outcome === "lacking") asks = lease.ask(reserved.money, now);
				});
				if (token === null) yield [`${name} asks for ${hold}`, tell(after, asks)];
				else {
					const attempt: Attempt = { key: k, hold, actual, token, window: state.day, isTold: false };
					yield [`${name} admits ${hold}`, { ...after, attempts: [...after.attempts, attempt] }];
				}
			}
		}
		for (const [n, attempt] of state.attempts.entries()) {
			if (attempt.key !== k) continue;
			const after = act(state, k, i, (ledger) => rules.settle(ledger, attempt.token, attempt.actual, now));
			const attempts = state.attempts.map((a, m) => (m === n ? { ...a, isTold: true } : a));
			yield [`${name} settles ${n}`, { ...after, attempts }];
		}
		let reports: LeaseReport[] = [];
		let isRecorded = true;
		const after = act(state, k, i, (ledger, lease) => {
			({ reports, isRecorded } = rules.giveBack(ledger, lease, now));
		});
		yield [`${name} gives back`, tell(isRecorded ? after : state, reports)];
	}

	/** A copy of the team's object answers; what it throws because it was replaced is no answer. */
	function heard(state: State, report: LeaseReport, storeOn: (team: TeamDisk) => TeamStore): State {
		const now = noon(state.day);
		const team: TeamDisk = { ...state.team, shares: new Map(state.team.shares) };
		const replies = new Map(state.replies);
		let wrong = state.wrong;
		try {
			const reply = rules.exchange(new TeamBudgets(storeOn(team), [spec]), report, team, now);
			if (reply !== null && reply.granted > 0) {
				const key = Number(report.keyId.slice(1));
				const plain = { ...reply, available: null, recall: [], heard: 0, isCovered: true, key };
				replies.set(JSON.stringify(plain), plain);
			}
			const window = scope.turn === "part" ? null : report.window;
			const most = Math.max(scope.limit, lentOf(state.team, window));
			if (reply !== null && reply.granted > report.owed && lentOf(team, window) > most) {
				wrong ??= "the team lends beyond what is covered";
			}
		} catch (error) {
			wrong = fault(error) ?? wrong;
		}
		return { ...state, team, replies, wrong };
	}

	function* every(state: State): Generator<readonly [string, State]> {
		const now = noon(state.day);
		const moved = state.keys.reduce((sum, { copies }) => sum + copies.length - 1, 0);
		for (const [k, key] of state.keys.entries()) {
			for (const i of key.copies.keys()) yield* ofCopy(state, k, i, key);
			const current = key.copies.at(-1);
			if (current !== undefined && moved < scope.moves) {
				const owner = current.owner + 1;
				const disk = { ...copyDisk(key.disk), owner };
				const fresh = { disk, copies: [...key.copies, { owner, memory: newLedgerMemory() }] };
				yield [`key ${k} moves`, { ...state, keys: state.keys.map((other, n) => (n === k ? fresh : other)) }];
			}
		}
		for (const [text, report] of state.reports) {
			yield [`team hears ${text}`, heard(state, report, (team) => new TeamDiskStore(team, 0))];
			const { before } = state;
			if (before === null) continue;
			yield [`team (old copy) hears ${text}`, heard(state, report, (team) => rules.leftBehind(before, team))];
		}
		if (scope.teamMoves && state.before === null) yield ["the team moves", { ...state, before: state.team }];
		for (const [text, reply] of state.replies) {
			const i = (state.keys[reply.key]?.copies.length ?? 0) - 1;
			yield [
				`key ${reply.key} hears ${text}`,
				act(state, reply.key, i, (ledger, lease) => rules.take(ledger, lease, reply, now)),
			];
		}
		if (scope.turn !== "none" && state.day === 0) yield ["the window turns", { ...state, day: state.day + 1 }];
	}

	function wrong({ wrong: found, attempts, team, keys, day }: State): string | null {
		if (found !== null) return found;
		for (let window = 0; window <= day; window++) {
			// All parts of a rolling window count together.
			const counted = scope.turn === "part" ? [...Array(day + 1).keys()] : [window];
			const bill = attempts
				.filter((attempt) => counted.includes(attempt.window))
				.reduce((sum, a) => sum + (a.isTold ? Math.min(a.actual, a.hold) : a.hold), 0);
			if (bill > scope.limit) return `billed up to ${bill} of ${scope.limit}, overruns apart`;
			let lent = 0;
			for (const each of counted) {
				const start = scope.turn === "none" ? 0 : noon(each) - DAY_MS / 2;
				for (const [k, key] of keys.entries()) {
					const share = team.shares.get(`t ${start} k${k}`)?.share;
					const held = (share?.granted ?? 0) - (share?.returned ?? 0);
					lent += held - (share?.overrun ?? 0);
					const counters = key.disk.lines.get(`t  ${start}`)?.counters;
					if (counters === undefined) continue;
					// The team covers an overrun when it hears of it.
					const unheard = counters.overrun - (share?.overrun ?? 0);
					if (used(counters) - unheard > held) return `I2: key ${k} uses more than it is lent`;
				}
			}
			if (lent > scope.limit) return `I2: the team lends ${lent} of ${scope.limit}, overruns apart`;
		}
		return null;
	}

	return {
		start: {
			day: 0,
			team: newTeamDisk(),
			before: null,
			keys: [newKey(), newKey()],
			attempts: [],
			reports: new Map(),
			replies: new Map(),
			wrong: null,
		},
		next,
		wrong,
		key: (state) => [state.day, ...state.keys.map((_, k) => partOf(state, k)).sort(), state.wrong].join("|"),
	};
}
