/** `npm run dev` keeps the Worker's clock: what runs every minute runs without anybody's call. */
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ADMIN_TOKEN, Gateway } from "./gateway";
import { eventually } from "./load";
import { databases } from "./stored-usage";

const MODEL = "openai/gpt-4.1";
const TEN_MINUTES_MS = 600_000;

const arrivals: string[] = [];
const receiver = createServer((request, response) => {
	const pieces: Buffer[] = [];
	request.on("data", (piece) => pieces.push(piece));
	request.on("end", () => {
		arrivals.push(Buffer.concat(pieces).toString());
		response.writeHead(204).end();
	});
});

let gateway: Gateway | undefined;
let state: string | undefined;
beforeAll(async () => {
	receiver.listen(0, "127.0.0.1");
	await once(receiver, "listening");
});
afterAll(async () => {
	await gateway?.stop();
	receiver.closeAllConnections();
	receiver.close();
	if (state !== undefined) await rm(state, { recursive: true, force: true });
});

it("an alert arrives and a lag vanishes with nobody's help", async () => {
	const still = await Gateway.develop({ minuteMs: 0 });
	gateway = still;
	({ state } = still);
	await still.admin("POST", "/alerts", {
		name: "failures",
		when: { type: "error_share", percent: 50, min_requests: 3, by: "provider" },
		send_to: { shape: "webhook", url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}` },
	});
	await still.watch("openai");
	await still.fault({ provider: "openai", fault: "error", status: 500 });
	for (let call = 0; call < 3; call++) {
		expect((await still.chat({ model: MODEL, messages: [{ role: "user", content: "Hi" }] })).status).toBe(502);
	}
	await eventually(
		async () => JSON.stringify(await still.admin("GET", "/usage?group_by=provider&provider=openai")),
		(usage) => usage.includes('"requests":3,"errors":3'),
	);
	// Without its clock nothing is told, and what the objects noted stays noted.
	expect(await owing(still)).toBeGreaterThan(0);
	expect(arrivals).toEqual([]);
	await still.kill();
	await age(still.state);

	gateway = await Gateway.develop({ state: still.state, minuteMs: 500 });
	const ticking = gateway;
	await eventually(
		() => owing(ticking),
		(objects) => objects === 0,
	);
	const [message = "{}"] = await eventually(
		async () => arrivals,
		(told) => told.length > 0,
	);
	expect(JSON.parse(message)).toMatchObject({ type: "alert.error_share", data: { subject: "openai", errors: 3 } });
});

/** How many objects may owe the database something. Reading this wakes none of them. */
async function owing(on: Gateway): Promise<number> {
	const metrics = await on.call("/metrics", { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
	return Number(/^tollgate_outbox_objects (\d+)$/m.exec(await metrics.text())?.[1]);
}

/** Sets the objects' notes ten minutes back, so that the sweeper takes their objects for asleep. */
async function age(files: string): Promise<void> {
	for (const database of await databases(path.join(files, "v3/d1/miniflare-D1DatabaseObject"), () => true)) {
		const known = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'dirty_objects'").get();
		if (known !== undefined) database.prepare("UPDATE dirty_objects SET since = since - ?").run(TEN_MINUTES_MS);
		database.close();
	}
}
