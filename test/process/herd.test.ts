import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LEAVES_LOAD_TO_CI } from "#test/support/scale";
import { fleet } from "./fleet";
import { Gateway } from "./gateway";
import { eventually, type Holder, holders } from "./load";
import { Upstream } from "./upstream";

const MODEL = "gpt-4.1";
const ISOLATES = 5;
const CLIENTS = 50;
/** How long a client thinks between two requests, and the vendor before it refuses one, in milliseconds. */
const THINKS_MS = 400;
const REFUSES_MS = 150;
/**
 * How many trials the outage outlasts, and the least time between two: half of the shortest time that a circuit is
 * open.
 */
const TRIALS = 3;
const BETWEEN_TRIALS_MS = 5_000;
/** From the end of an outage until the provider has all of its traffic again, in milliseconds. */
const RECOVERY_MS = 30_000;

const ANSWER = {
	...{ id: "c", object: "chat.completion", created: 1, model: MODEL },
	choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, logprobs: null, finish_reason: "stop" }],
	usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};
const REFUSAL = { error: { message: "The engine is currently overloaded.", type: "server_error", code: null } };

const FAILURE = { error: { message: "The server had an error.", type: "server_error", code: null } };

/** A vendor that notes when requests came, in milliseconds since the epoch, and how many it has before it at once. */
const vendor = { isDown: false, arrivals: [] as number[], present: 0, mostPresent: 0 };

let upstream: Upstream;
let gateway: Gateway;

beforeAll(async () => {
	upstream = await Upstream.start(({ play }) => async (wire) => {
		if (play.startsWith("Poison")) return wire.json(FAILURE, 500);
		vendor.arrivals.push(Date.now());
		vendor.present++;
		vendor.mostPresent = Math.max(vendor.mostPresent, vendor.present);
		if (vendor.isDown) {
			await pause(REFUSES_MS);
			await wire.json(REFUSAL, 503);
		} else await wire.json(ANSWER);
		vendor.present--;
	});
	const settings = { OPENAI_BASE_URL: `${upstream.url}/v1` };
	gateway = await Gateway.develop({ configured: (directory) => fleet(directory, ISOLATES, settings) });
});
afterAll(async () => {
	await gateway.stop();
	await upstream.stop();
});

/** Any number stands for one of the isolates. */
const at = (number: number) => ({ "x-isolate": String(number % ISOLATES) });

interface Seen {
	readonly client: number;
	readonly isolate: string | null;
	readonly status: number;
	readonly attempts: string | null;
}

/** Asks all the time, each time about something else: a conversation would stay where it was served. */
async function client(number: number, seen: Seen[], isOver: () => boolean): Promise<void> {
	for (let turn = 0; !isOver(); turn++) {
		const question = {
			models: [`openai/${MODEL}`, "deepseek/deepseek-flash"],
			messages: [{ role: "user", content: `Client ${number} asks for the ${turn}. time` }],
			max_tokens: 10,
		};
		const response = await gateway.chat(question, { headers: at(number) });
		await response.text();
		const { status, headers } = response;
		const [isolate, attempts] = [headers.get("x-isolate"), headers.get("x-tollgate-attempts")];
		seen.push({ client: number, isolate, status, attempts });
		await pause(THINKS_MS);
	}
}

async function circuit(): Promise<string> {
	const { data } = await gateway.admin("GET", "/circuits");
	const providers = data as { id: string; circuits: { model: string | null; state: string }[] }[];
	const circuits = providers.find(({ id }) => id === "openai")?.circuits;
	return circuits?.find(({ model }) => model === MODEL)?.state ?? "closed";
}

it.skipIf(LEAVES_LOAD_TO_CI)("prompts at which a provider fails close nobody else's way to it", async () => {
	const [poisoner, other] = await holders(gateway, 2, "10");
	if (poisoner === undefined || other === undefined) throw new Error("there are no keys");
	let asked = 0;
	const ask = async ({ key }: Holder, content: string) => {
		const body = { model: `openai/${MODEL}`, messages: [{ role: "user", content }], max_tokens: 10 };
		const response = await gateway.chat(body, { headers: { authorization: `Bearer ${key}`, ...at(asked++) } });
		await response.text();
		return response.status;
	};
	expect(await ask(other, "Hello")).toBe(200);
	for (let round = 0; round < 20; round++) {
		const failures = Array.from({ length: 5 }, (_, n) => ask(poisoner, n < 3 ? "Poison" : `Poison ${round} ${n}`));
		const [served, ...failed] = await Promise.all([ask(other, `Hello ${round}`), ...failures]);
		expect(served).toBe(200);
		// They are put to the provider each time, and fail there.
		expect(failed).toEqual(failed.map(() => 502));
	}
	expect(await circuit()).toBe("closed");
});

it.skipIf(LEAVES_LOAD_TO_CI)(
	"a dead provider sees one trial at a time from all isolates, no caller notices, and it has all of its traffic soon after",
	async () => {
		const seen: Seen[] = [];
		let isOver = false;
		const clients = Array.from({ length: CLIENTS }, (_, number) => client(number, seen, () => isOver));
		/**
		 * Whether the last answers of every client came so: then its isolate knew what there is to know before its next
		 * request.
		 */
		const allSee = (attempts: string) => {
			const latest = new Map(seen.map((each) => [each.client, each.attempts]));
			return latest.size === CLIENTS && [...latest.values()].every((each) => each === attempts);
		};
		const until = (holds: () => boolean, limitMs?: number) => eventually(async () => holds(), Boolean, limitMs);
		await until(() => allSee("openai:200"));

		vendor.isDown = true;
		await eventually(circuit, (state) => state === "open");
		await until(() => vendor.present === 0 && allSee("deepseek:200"));
		Object.assign(vendor, { arrivals: [], mostPresent: 0 });
		const before = seen.length;
		await until(() => vendor.arrivals.length >= TRIALS, 120_000);
		const trials = [...vendor.arrivals];
		expect(vendor.mostPresent).toBe(1);
		// Whoever else came would have come sooner.
		const gaps = trials.slice(1).map((arrival, index) => arrival - (trials[index] ?? arrival));
		expect(Math.min(...gaps)).toBeGreaterThanOrEqual(BETWEEN_TRIALS_MS);
		// All but those who tried were served without touching it, in every isolate.
		const outage = seen.slice(before);
		expect(outage.filter(({ attempts }) => attempts !== "deepseek:200").length).toBeLessThanOrEqual(TRIALS);
		expect(new Set(outage.map(({ isolate }) => isolate)).size).toBe(ISOLATES);

		vendor.isDown = false;
		await eventually(
			async () => allSee("openai:200") && (await circuit()) === "closed",
			(isBack) => isBack,
			RECOVERY_MS,
		);
		isOver = true;
		await Promise.all(clients);
		expect(seen.filter(({ status }) => status !== 200)).toEqual([]);
	},
	240_000,
);
