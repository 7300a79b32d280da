import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Gateway } from "./gateway";
import { eventually, type Holder, holders } from "./load";
import { Upstream } from "./upstream";

const MODEL = "gpt-4.1";
const CLIENTS = 50;
/** How long a client thinks between two requests, and the vendor before it refuses one, in milliseconds. */
const THINKS_MS = 400;
const REFUSES_MS = 150;
/** How many trials the outage outlasts. */
const TRIALS = 4;
/** From the end of an outage until the provider has all of its traffic again, in milliseconds. */
const RECOVERY_MS = 30_000;

const ANSWER = {
	...{ id: "c", object: "chat.completion", created: 1, model: MODEL },
	choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, logprobs: null, finish_reason: "stop" }],
	usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};
const REFUSAL = { error: { message: "The engine is currently overloaded.", type: "server_error", code: null } };

const FAILURE = { error: { message: "The server had an error.", type: "server_error", code: null } };

/** A vendor that notes how many requests it has before it at once. */
const vendor = { isDown: false, arrivals: 0, present: 0, mostPresent: 0 };

let upstream: Upstream;
let gateway: Gateway;

beforeAll(async () => {
	upstream = await Upstream.start(({ play }) => async (wire) => {
		if (play.startsWith("Poison")) return wire.json(FAILURE, 500);
		vendor.arrivals++;
		vendor.present++;
		vendor.mostPresent = Math.max(vendor.mostPresent, vendor.present);
		if (vendor.isDown) {
			await pause(REFUSES_MS);
			await wire.json(REFUSAL, 503);
		} else await wire.json(ANSWER);
		vendor.present--;
	});
	gateway = await Gateway.start({ env: { OPENAI_BASE_URL: `${upstream.url}/v1` } });
});
afterAll(async () => {
	await gateway.stop();
	await upstream.stop();
});

interface Seen {
	readonly status: number;
	readonly attempts: string | null;
}

/** Asks all the time, each time about something else: a conversation would stay where it was served. */
async function client(number: number, seen: Seen[], isOver: () => boolean): Promise<void> {
	for (let turn = 0; !isOver(); turn++) {
		const response = await gateway.chat({
			models: [`openai/${MODEL}`, "deepseek/deepseek-flash"],
			messages: [{ role: "user", content: `Client ${number} asks for the ${turn}. time` }],
			max_tokens: 10,
		});
		await response.text();
		seen.push({ status: response.status, attempts: response.headers.get("x-tollgate-attempts") });
		await pause(THINKS_MS);
	}
}

async function circuit(): Promise<string> {
	const { data } = await gateway.admin("GET", "/circuits");
	const providers = data as { id: string; circuits: { model: string | null; state: string }[] }[];
	const circuits = providers.find(({ id }) => id === "openai")?.circuits;
	return circuits?.find(({ model }) => model === MODEL)?.state ?? "closed";
}

it("prompts at which a provider fails close nobody else's way to it", async () => {
	const [poisoner, other] = await holders(gateway, 2, "10");
	if (poisoner === undefined || other === undefined) throw new Error("there are no keys");
	const ask = async ({ key }: Holder, content: string) => {
		const body = { model: `openai/${MODEL}`, messages: [{ role: "user", content }], max_tokens: 10 };
		const response = await gateway.chat(body, { headers: { authorization: `Bearer ${key}` } });
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

it("a dead provider sees one trial at a time, no caller notices, and it has all of its traffic soon after", async () => {
	const seen: Seen[] = [];
	let isOver = false;
	const clients = Array.from({ length: CLIENTS }, (_, number) => client(number, seen, () => isOver));
	const latest = (count: number) => seen.slice(-count).map(({ attempts }) => attempts);
	const servesAll = () => Promise.resolve(seen.length >= 100 && latest(100).every((each) => each === "openai:200"));
	await eventually(servesAll, (all) => all);

	vendor.isDown = true;
	await eventually(circuit, (state) => state === "open");
	await eventually(
		() => Promise.resolve(vendor.present),
		(present) => present === 0,
	);
	Object.assign(vendor, { arrivals: 0, mostPresent: 0 });
	const before = seen.length;
	await eventually(
		() => Promise.resolve(vendor.arrivals),
		(trials) => trials >= TRIALS,
		120_000,
	);
	expect(vendor.mostPresent).toBe(1);
	// All but those who tried, and those who were under way, were served without touching it.
	const touched = seen.slice(before + CLIENTS).filter(({ attempts }) => attempts?.startsWith("openai"));
	expect(touched.length).toBeLessThanOrEqual(TRIALS);

	vendor.isDown = false;
	const from = seen.length;
	await eventually(
		async () => seen.length > from && (await circuit()) === "closed" && (await servesAll()),
		(isBack) => isBack,
		RECOVERY_MS,
	);
	isOver = true;
	await Promise.all(clients);
	expect(seen.filter(({ status }) => status !== 200)).toEqual([]);
}, 240_000);
