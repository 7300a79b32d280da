import { afterAll, beforeAll, expect, it } from "vitest";
import { cases } from "#test/support/scale";
import { Gateway } from "./gateway";
import { type Leaving, leave } from "./leave";
import { atRest, billed, body, holders, sumOf } from "./load";

/** Of each kind. */
const CALLERS = cases(24, 12);
/** Between two pieces of an answer. */
const PIECE_MS = 20;
/** Before the headers of a model that answers late. */
const SILENCE_MS = 500;

/** A question, and when its caller leaves. */
interface Visit extends Pick<Leaving, "leaves"> {
	readonly when: string;
	readonly model: string;
	/** Of the answer, in tokens. */
	readonly size: number;
	readonly stream: boolean;
	/** Milliseconds after asking, by the number of the caller. */
	readonly after?: (caller: number) => number;
}

const VISITS: Visit[] = [
	{
		when: "before the whole answer",
		model: "openai/gpt-5.5",
		size: 400,
		stream: false,
		after: (caller) => (caller * 29) % (SILENCE_MS - 50),
	},
	{
		when: "before the headers of a stream",
		model: "openai/gpt-5.4",
		size: 400,
		stream: true,
		after: (caller) => (caller * 29) % (SILENCE_MS - 50),
	},
	{
		when: "after the first piece",
		model: "openai/gpt-5.6-sol",
		size: 2_000,
		stream: true,
		leaves: (_, pieces) => pieces >= 1,
	},
	{
		when: "in the middle",
		model: "openai/gpt-5.6-terra",
		size: 100,
		stream: true,
		leaves: (_, pieces) => pieces >= 15,
	},
	{
		when: "before the end",
		model: "openai/gpt-5.6-luna",
		size: 100,
		stream: true,
		leaves: (event, pieces) => pieces >= 28 || event.includes('"finish_reason":"'),
	},
];

let gateway: Gateway;
beforeAll(async () => {
	gateway = await Gateway.start();
	await gateway.fault(
		{ fault: "slow", ms: PIECE_MS },
		{ fault: "latency", ms: SILENCE_MS, model: "gpt-5.5*" },
		{ fault: "latency", ms: SILENCE_MS, model: "gpt-5.4*" },
	);
});
afterAll(async () => {
	await gateway?.stop();
});

it.each(VISITS)(
	"callers that leave $when are charged at least what was billed, and hold nothing any more",
	{ timeout: 60_000 + CALLERS * 1_000 },
	async (wanted) => {
		const { model } = wanted;
		const [holder] = await holders(gateway, 1, "1000");
		if (holder === undefined) throw new Error("no key");
		const before = await billed(gateway, model);
		let caller = 0;
		const socket = async (): Promise<void> => {
			while (caller < CALLERS) await visit(holder.key, wanted, caller++);
		};
		await Promise.all(Array.from({ length: 12 }, socket));

		const { budgets } = await atRest(gateway, [holder]);
		const after = await billed(gateway, model);
		const charged = sumOf(budgets, ({ settled, unproven }) => settled + unproven);
		expect(charged).toBeGreaterThanOrEqual(after.nano_usd - before.nano_usd);
		const requests = after.requests - before.requests;
		expect(requests).toBeLessThanOrEqual(CALLERS);
		if (wanted.after === undefined) expect(requests).toBe(CALLERS);
	},
);

/** Asks, and leaves in the way that is wanted. */
async function visit(key: string, { model, size, stream, after, leaves }: Visit, caller: number): Promise<void> {
	const asked = body({ model, max_tokens: size, stream });
	const left = await leave(gateway, key, asked, { after: after?.(caller), leaves });
	if (!left) throw new Error("the answer ended before its caller left");
}
