// Plays all traffic under one way of choosing and adds up what it came to.
import { BoundedMemory } from "#core/routing/routing-memory";
import type { Chooser } from "./choosers";
import { Observed } from "./health";
import { type Losses, lossOf, type Spent } from "./losses";
import { type Call, TASKS, type Task } from "./traffic";
import { Vendors } from "./vendors";
import { CREDENTIAL, type World } from "./world";

/** What all calls came to under one way of choosing. */
export interface Tally {
	readonly name: string;
	readonly calls: number;
	readonly byTask: Readonly<Record<Task, Spent>>;
	readonly attempts: number;
	/** Turns that were served elsewhere than the turn before. */
	readonly moved: number;
	/** Of all prompt tokens, those that were cached. */
	readonly cachedShare: number;
}

const MOST_ATTEMPTS = 3;

/** In dollars. */
export function lossOfAll(losses: Losses, { byTask }: Tally): number {
	return TASKS.reduce((sum, task) => sum + lossOf(losses, task, byTask[task]), 0);
}

/** Of all tasks together. */
export function total({ byTask }: Tally): Spent {
	const sum = (of: (spent: Spent) => number) => TASKS.reduce((all, task) => all + of(byTask[task]), 0);
	return { cost: sum((s) => s.cost), ms: sum((s) => s.ms), bad: sum((s) => s.bad), failed: sum((s) => s.failed) };
}

/** Makes all calls by one way of choosing. What an attempt teaches is known when it has happened, not before. */
export function run(chooser: Chooser, calls: readonly Call[], world: World): Tally {
	const vendors = new Vendors(world);
	const observed = new Observed();
	const memory = new BoundedMemory({ conversations: 4_096, families: 512 });
	const lessons = new Lessons();
	const served = new Map<string, string>();
	const sum = { attempts: 0, moved: 0, prompt: 0, cached: 0 };
	const byTask = nothing();
	for (const call of calls) {
		lessons.until(call.at);
		const spent = byTask[call.task];
		let attempts = 0;
		let elapsed = 0;
		let isServed = false;
		for (const { target, needsTrial, panic } of chooser.choose(call, { observed, memory, vendors })) {
			if (isServed || attempts === MOST_ATTEMPTS) break;
			const permit = needsTrial ? observed.try(target, panic, call.at) : null;
			if (needsTrial && permit === null) continue;
			attempts++;
			const begins = call.at + elapsed;
			const attempted = vendors.attempt(call, target, begins);
			elapsed += attempted.ms;
			const ends = begins + attempted.ms;
			const learn = { conversation: call.conversation, family: call.family, target, credential: CREDENTIAL };
			if (!attempted.ok) {
				const { fault } = attempted;
				lessons.at(ends, () => {
					observed.report(call, target, ends, { result: "failed", fault, permit });
					memory.learn({ ...learn, failed: true, prompt: null, output: null }, ends);
				});
				continue;
			}
			isServed = true;
			const { ttftMs, cost, cached, output, good } = attempted;
			const prompt = { tokens: call.promptTokens, cached };
			const content = begins + ttftMs;
			lessons.at(content, () => observed.report(call, target, content, { result: "ok", ttftMs, permit }));
			lessons.at(ends, () => {
				const stream = { ms: ends - content, outputTokens: output };
				observed.report(call, target, ends, { result: "ignored", stream, prompt });
				memory.learn({ ...learn, failed: false, prompt, output }, ends);
			});
			spent.cost += cost;
			spent.bad += good ? 0 : 1;
			sum.prompt += call.promptTokens;
			sum.cached += cached;
			const before = served.get(call.conversation);
			if (before !== undefined && before !== target) sum.moved++;
			served.set(call.conversation, target);
		}
		sum.attempts += attempts;
		spent.ms += elapsed;
		spent.failed += isServed ? 0 : 1;
	}
	const { attempts, moved, prompt, cached } = sum;
	return { name: chooser.name, calls: calls.length, byTask, attempts, moved, cachedShare: cached / prompt };
}

function nothing(): Record<Task, { cost: number; ms: number; bad: number; failed: number }> {
	const none = () => ({ cost: 0, ms: 0, bad: 0, failed: 0 });
	return {
		chat: none(),
		assistant: none(),
		code: none(),
		extraction: none(),
		reasoning: none(),
		critical: none(),
	};
}

/** What will be known later, in the order of time. */
class Lessons {
	readonly #waiting: { readonly at: number; readonly learn: () => void }[] = [];

	at(at: number, learn: () => void): void {
		let place = this.#waiting.length;
		while (place > 0 && (this.#waiting[place - 1]?.at ?? 0) < at) place--;
		this.#waiting.splice(place, 0, { at, learn });
	}

	/** Learns all that has happened by then. */
	until(now: number): void {
		for (let next = this.#waiting.at(-1); next !== undefined && next.at <= now; next = this.#waiting.at(-1)) {
			this.#waiting.pop();
			next.learn();
		}
	}
}
