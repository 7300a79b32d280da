// Questions over all vendors and faults, mixed as a long run asks them.
import type { Gateway } from "./gateway";
import { leave } from "./leave";
import { body, costOf, type Holder } from "./load";

/** Of each vendor a model whose answers are completed, and one whose answers may be cut. */
export const VENDORS = [
	{ provider: "openai", steady: "gpt-5.4-mini", shaky: "gpt-4.1" },
	{ provider: "anthropic", steady: "claude-haiku-5-5", shaky: "claude-sonnet-5" },
	{ provider: "deepseek", steady: "deepseek-flash", shaky: "deepseek-v4-pro" },
	{ provider: "gemini", steady: "gemini-3.1-flash-lite", shaky: "gemini-2.5-flash" },
	{ provider: "openrouter", steady: "qwen/qwen3.7-plus", shaky: "x-ai/grok-4.3" },
	{ provider: "siliconflow", steady: "zai-org/GLM-5.2", shaky: "moonshotai/Kimi-K2.6" },
	{ provider: "workers-ai", steady: "@cf/openai/gpt-oss-20b", shaky: "@cf/zai-org/glm-4.7-flash" },
] as const;

/** How an upstream may cut what it has begun, or fail before it. */
const CUTS = ["cut_mid_stream", "error_frame", "clean_eof_mid_stream", "garbage", "reset", "empty"];

/** Steady models refuse now and then, which nobody bills; shaky ones are slow, and every vendor cuts in every way. */
export const CUTTING: readonly object[] = VENDORS.flatMap(({ provider, steady, shaky }) => [
	{ provider, model: steady, fault: "error", status: 503, rate: 0.15 },
	{ provider, model: shaky, fault: "latency", ms: 200 },
	{ provider, model: shaky, fault: "slow", ms: 10 },
	...CUTS.map((fault) => ({ provider, model: shaky, fault, rate: 0.15 })),
]);

/** What became of a call. */
export type Fate =
	/** Of a model that nobody cuts, at once or by the next vendor; or of one that was not cut this time. */
	| {
			readonly kind: "completed" | "rescued" | "answered";
			/** The request's. */
			readonly id: string;
			readonly attempts: number;
			/** As the answer says, in nano-dollars. */
			readonly cost: number;
	  }
	/** A stream that the vendor cut, and a call of whose answer nothing was left. */
	| { readonly kind: "broken" | "failed" }
	/** The caller left, or wanted to when the answer ended first. */
	| { readonly kind: "left" | "stayed" }
	/** The gateway died. */
	| { readonly kind: "lost" };

/** One call: by turns of every vendor, streamed and not, by every key; to be completed, to be cut, or to be left. */
export async function call(on: Gateway, keys: readonly Holder[], number: number): Promise<Fate> {
	try {
		return await turn(on, keys, number);
	} catch (error) {
		// What breaks a connection is a TypeError; the judge's findings are not.
		if (!(error instanceof TypeError)) throw error;
		return { kind: "lost" };
	}
}

async function turn(on: Gateway, keys: readonly Holder[], number: number): Promise<Fate> {
	const round = Math.floor(number / VENDORS.length);
	const stream = round % 2 === 0;
	const key = keys[Math.floor(round / 6) % keys.length]?.key ?? "";
	const [{ provider, shaky, steady }, next] = [vendor(number), vendor(number + 1)];
	const cut = body({ model: `${provider}/${shaky}`, max_tokens: 24, stream });
	switch (round % 3) {
		case 0: {
			const models = [`${provider}/${steady}`, `${next.provider}/${next.steady}`];
			const fate = await ask(on, key, { ...cut, model: undefined, models }, stream);
			// Both may fail at once, and bill nothing.
			return fate.kind === "answered" ? { ...fate, kind: fate.attempts > 1 ? "rescued" : "completed" } : fate;
		}
		case 1:
			return ask(on, key, cut, stream);
		default: {
			const after = 30 + ((number * 29) % 150);
			const left = await leave(on, key, cut, stream ? { leaves: (_, pieces) => pieces > number % 6 } : { after });
			return { kind: left ? "left" : "stayed" };
		}
	}
}

async function ask(on: Gateway, key: string, asked: object, stream: boolean): Promise<Fate> {
	const response = await on.chat(asked, { headers: { authorization: `Bearer ${key}` } });
	const text = await response.text();
	if (!response.ok) return { kind: "failed" };
	if (stream && text.includes('data: {"error":')) return { kind: "broken" };
	const header = (name: string) => response.headers.get(name) ?? "";
	const attempts = header("x-tollgate-attempts").split(",").length;
	return { kind: "answered", id: header("x-request-id"), attempts, cost: costOf(text, stream) };
}

function vendor(number: number): (typeof VENDORS)[number] {
	return VENDORS[number % VENDORS.length] ?? VENDORS[0];
}

/** How many there are of each kind that there is. */
export function countFates(fates: readonly Fate[]): Partial<Record<Fate["kind"], number>> {
	const counts: Partial<Record<Fate["kind"], number>> = {};
	for (const { kind } of fates) counts[kind] = (counts[kind] ?? 0) + 1;
	return counts;
}
