import { afterAll, beforeAll, expect, it } from "vitest";
import { cases } from "../pure/scale";
import { Gateway } from "./gateway";
import { billed, body, eventually, type Holder, holders, type Standing, standing } from "./load";

/** Of each kind; 240 in the long run. */
const CALLERS = cases(24);
/** Between two pieces of an answer. */
const PIECE_MS = 20;
/** Before the headers of a model that answers late. */
const SILENCE_MS = 500;

/** When a caller leaves: told of each event of the stream, and how many pieces of content there were by then. */
interface Leaving {
	readonly when: string;
	readonly model: string;
	/** Of the answer, in tokens. */
	readonly size: number;
	readonly stream: boolean;
	/** Milliseconds after asking, for those who do not wait for anything. */
	readonly after?: (caller: number) => number;
	readonly leaves?: (event: string, pieces: number) => boolean;
}

const LEAVINGS: Leaving[] = [
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

it.each(LEAVINGS)(
	"callers that leave $when are charged at least what was billed, and hold nothing any more",
	{ timeout: 60_000 + CALLERS * 1_000 },
	async (leaving) => {
		const { model } = leaving;
		const [holder] = await holders(gateway, 1, "1000");
		if (holder === undefined) throw new Error("no key");
		const before = await billed(gateway, model);
		let caller = 0;
		const visit = async (): Promise<void> => {
			while (caller < CALLERS) await leave(holder.key, leaving, caller++);
		};
		await Promise.all(Array.from({ length: 12 }, visit));

		const { charged, bill } = await atRest(holder, model, before);
		expect(charged).toBeGreaterThanOrEqual(bill.nano_usd);
		expect(bill.requests).toBeLessThanOrEqual(CALLERS);
		if (leaving.after === undefined) expect(bill.requests).toBe(CALLERS);
	},
);

/** Asks, and leaves in the way that is wanted. Throws when the answer ended first. */
async function leave(key: string, { model, size, stream, after, leaves }: Leaving, caller: number): Promise<void> {
	const gone = new AbortController();
	const timer = after && setTimeout(() => gone.abort(), after(caller));
	try {
		const asked = body({ model, max_tokens: size, stream });
		const init = { headers: { authorization: `Bearer ${key}` }, signal: gone.signal };
		const response = await gateway.chat(asked, init);
		if (!response.ok || response.body === null) throw new Error(`${response.status}: ${await response.text()}`);
		let [pieces, rest] = [0, ""];
		const decoder = new TextDecoder();
		for await (const bytes of response.body) {
			const events = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
			rest = events.pop() ?? "";
			for (const event of events) {
				if (event.includes('"content":"')) pieces++;
				if (leaves?.(event, pieces)) gone.abort();
			}
		}
	} catch (error) {
		if (!gone.signal.aborted) throw error;
		return;
	} finally {
		clearTimeout(timer);
	}
	throw new Error("the answer ended before its caller left");
}

interface Rest {
	readonly charged: number;
	readonly bill: { readonly requests: number; readonly nano_usd: number };
}

/** What was charged and billed when nothing is held and nothing changes any more. */
async function atRest(holder: Holder, model: string, before: Rest["bill"]): Promise<Rest> {
	let last = "";
	let same = 0;
	const look = async (): Promise<Standing & Rest["bill"]> => {
		const seen = { ...(await standing(gateway, holder)), ...(await billed(gateway, model)) };
		same = JSON.stringify(seen) === last ? same + 1 : 0;
		last = JSON.stringify(seen);
		return seen;
	};
	const { settled, unproven, requests, nano_usd } = await eventually(
		look,
		({ reserved }) => reserved === 0 && same >= 5,
	);
	return {
		charged: settled + unproven,
		bill: { requests: requests - before.requests, nano_usd: nano_usd - before.nano_usd },
	};
}
