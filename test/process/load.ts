// Callers that ask many questions at once, and tell what became of each and what it cost.
import { setTimeout as pause } from "node:timers/promises";
import type { Billing, Gateway } from "./gateway";

/** A gateway whose admin can be played. */
type Administered = Pick<Gateway, "admin">;

/** A question whose answer runs into its limit, so that it costs nearly what was held for it. */
export interface Question {
	readonly key: string;
	readonly model: string;
	readonly max_tokens: number;
	readonly stream: boolean;
}

/** What became of a question. Costs are in nano-dollars. */
export type Fate =
	| { readonly kind: "answered"; readonly cost: number }
	/** 402, and told not to ask again. */
	| { readonly kind: "refused" }
	/** 429, and told when to ask again. */
	| { readonly kind: "limited" }
	/** No answer, or not all of it: the gateway died. */
	| { readonly kind: "lost" };

/** A key, and what the budgets that bind it are called. */
export interface Holder {
	readonly id: string;
	readonly key: string;
}

/** How a budget stands for a key, in nano-dollars. */
export interface BudgetState {
	readonly id: string;
	readonly limit: number;
	readonly settled: number;
	readonly reserved: number;
	readonly unproven: number;
	readonly overrun: number;
	readonly remaining: number;
}

export function body({ model, max_tokens, stream }: Omit<Question, "key">): object {
	return {
		model,
		max_tokens,
		stream,
		// Others may cost more, and more would be held for them.
		service_tier: "default",
		...(stream && { stream_options: { include_usage: true } }),
		messages: [{ role: "user", content: `Write ${max_tokens} words.` }],
	};
}

/** Asks once. Throws when the answer is neither an answer nor a clean refusal. */
export async function ask(gateway: Gateway, question: Question): Promise<Fate> {
	let response: Response;
	let text: string;
	try {
		response = await gateway.chat(body(question), { headers: { authorization: `Bearer ${question.key}` } });
		text = await response.text();
	} catch (error) {
		// What breaks a connection is a TypeError; the judge's findings are not.
		if (!(error instanceof TypeError)) throw error;
		return { kind: "lost" };
	}
	const { status, headers } = response;
	if (status === 200) return { kind: "answered", cost: costOf(text, question.stream) };
	const { code } = JSON.parse(text).error;
	if (status === 402 && code === "insufficient_quota" && headers.get("x-should-retry") === "false") {
		return { kind: "refused" };
	}
	if (status === 429 && code === "rate_limit_exceeded" && headers.has("retry-after")) return { kind: "limited" };
	throw new Error(`neither an answer nor a clean refusal: ${status} ${JSON.stringify([...headers])} ${text}`);
}

/** Keeps that many `sockets` busy with questions until `next` has none. */
export async function crowd<T>(sockets: number, next: () => Promise<T> | null): Promise<T[]> {
	const fates: T[] = [];
	const visitor = async (): Promise<void> => {
		for (let fate = next(); fate !== null; fate = next()) fates.push(await fate);
	};
	await Promise.all(Array.from({ length: sockets }, visitor));
	return fates;
}

/** Counts fates by kind, and adds up what the answers said they cost. */
export function tally(fates: readonly Fate[]): Record<Fate["kind"], number> & { cost: number } {
	const sum = { answered: 0, refused: 0, limited: 0, lost: 0, cost: 0 };
	for (const fate of fates) {
		sum[fate.kind]++;
		if (fate.kind === "answered") sum.cost += fate.cost;
	}
	return sum;
}

/** A new team with so many keys; the budget is the key's own when there is one, else the team's. */
export async function holders(gateway: Administered, count: number, limit_usd: string): Promise<Holder[]> {
	const budgets = [{ limit_usd, window: "total" }];
	const team = await gateway.admin("POST", "/teams", { name: "crowd", ...(count > 1 && { budgets }) });
	const issued: Holder[] = [];
	for (let number = 1; number <= count; number++) {
		const wanted = { team_id: team.id, name: `crowd ${number}`, ...(count === 1 && { budgets }) };
		const { id, key } = await gateway.admin("POST", "/keys", wanted);
		issued.push({ id: String(id), key: String(key) });
	}
	return issued;
}

/** The one budget of a key. */
export async function budgetState(gateway: Administered, { id }: Holder): Promise<BudgetState> {
	const { budgets } = await gateway.admin("GET", `/keys/${id}/budget`);
	const [budget] = budgets as Record<string, unknown>[];
	const nano = (name: string): number => Number(budget?.[`${name}_nano_usd`]);
	return {
		id: String(budget?.id),
		limit: nano("limit"),
		settled: nano("settled"),
		reserved: nano("reserved"),
		unproven: nano("unproven"),
		overrun: nano("overrun"),
		remaining: nano("remaining"),
	};
}

/** What the keys were charged together, once none of them holds anything any more. */
export async function settledBudgets(gateway: Gateway, keys: readonly Holder[]): Promise<BudgetState[]> {
	return eventually(
		() => Promise.all(keys.map((key) => budgetState(gateway, key))),
		(all) => all.every(({ reserved }) => reserved === 0),
	);
}

/** How keys stand and what the simulated vendors billed, once nothing is held and nothing changes any more. */
export async function atRest(
	gateway: Gateway,
	keys: readonly Holder[],
): Promise<{ budgets: BudgetState[]; bill: Billing }> {
	let last = "";
	let same = 0;
	return eventually(
		async () => {
			const budgets = await Promise.all(keys.map((key) => budgetState(gateway, key)));
			const seen = { budgets, bill: await gateway.billing() };
			same = JSON.stringify(seen) === last ? same + 1 : 0;
			last = JSON.stringify(seen);
			return seen;
		},
		({ budgets }) => same >= 5 && budgets.every(({ reserved }) => reserved === 0),
	);
}

export function sumOf(budgets: readonly BudgetState[], of: (budgetState: BudgetState) => number): number {
	return budgets.reduce((sum, each) => sum + of(each), 0);
}

/** Asks until the answer is as hoped; fails with the last one after so long. */
export async function eventually<T>(look: () => Promise<T>, hoped: (seen: T) => boolean, limitMs = 15_000): Promise<T> {
	for (const deadline = Date.now() + limitMs; ; ) {
		const seen = await look();
		if (hoped(seen)) return seen;
		if (Date.now() > deadline) throw new Error(`still after ${limitMs} ms: ${JSON.stringify(seen)}`);
		await pause(50);
	}
}

/** What the simulated vendors billed for a model, in nano-dollars, and for how many requests. */
export async function billed(gateway: Gateway, model: string): Promise<{ requests: number; nano_usd: number }> {
	const [provider = "", id = ""] = model.split("/");
	const { providers } = await gateway.billing();
	return providers[provider]?.models[id] ?? { requests: 0, nano_usd: 0 };
}

/** `usage.cost` of an answer, in nano-dollars. Throws when it has none. */
export function costOf(text: string, stream: boolean): number {
	const last = stream
		? text
				.split("\n")
				.findLast((line) => line.includes('"usage":{'))
				?.slice("data: ".length)
		: text;
	const cost = JSON.parse(last ?? "{}").usage?.cost;
	if (typeof cost !== "number") throw new Error(`an answer without a cost: ${text.slice(-500)}`);
	return Math.round(cost * 1e9);
}
