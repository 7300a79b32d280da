import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Gateway } from "./gateway";
import { eventually } from "./load";

/** A message as it came over the wire. */
interface Arrival {
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
}

/** How a receiver answers, one message after the other; the last answer is for good. */
interface Answer {
	readonly status: number;
	readonly body?: string;
	readonly location?: string;
}

const answers: Record<string, Answer[]> = {
	"/hook": [{ status: 500 }, { status: 302, location: "/elsewhere" }, { status: 204 }],
	"/slack": [{ status: 429 }, { status: 200, body: "ok" }],
	"/feishu": [
		{ status: 200, body: '{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}' },
		{ status: 200, body: '{"code":0,"msg":"success","data":{}}' },
	],
};
const arrivals: Record<string, Arrival[]> = {};

const receiver = createServer((request, response) => {
	const path = request.url ?? "";
	const pieces: Buffer[] = [];
	request.on("data", (piece) => pieces.push(piece));
	request.on("end", () => {
		arrivals[path] ??= [];
		const count = arrivals[path].push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
		const { status, body, location } = answers[path]?.[count - 1] ?? answers[path]?.at(-1) ?? { status: 404 };
		response.writeHead(status, location === undefined ? {} : { location }).end(body);
	});
});

let gateway: Gateway;
let origin: string;
beforeAll(async () => {
	receiver.listen(0, "127.0.0.1");
	await once(receiver, "listening");
	origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
	// The tests tell the time.
	gateway = await Gateway.start({ minuteMs: 0 });
});
afterAll(async () => {
	await gateway?.stop();
	receiver.closeAllConnections();
	receiver.close();
});

const MINUTE_MS = 60_000;

it("an alert reaches a real receiver once, signed, however often it had to be sent", async () => {
	const secret = `whsec_${Buffer.from("a secret of thirty-two bytes 123").toString("base64")}`;
	const when = { type: "error_share", percent: 50, min_requests: 3, by: "provider" };
	const rule = async (shape: string, path: string, more: object = {}) =>
		String(
			(await gateway.admin("POST", "/alerts", { name: shape, when, send_to: { shape, url: origin + path, ...more } }))
				.id,
		);
	const hook = await rule("webhook", "/hook", { secret });
	const slack = await rule("slack", "/slack");
	const feishu = await rule("feishu", "/feishu", { secret: "feishu-secret" });

	// Something to tell: every call of a provider fails.
	await gateway.watch("openai");
	await gateway.fault({ provider: "openai", fault: "error", status: 500 });
	for (let call = 0; call < 3; call++) {
		const answer = await gateway.chat({ model: "openai/gpt-4.1", messages: [{ role: "user", content: "Hi" }] });
		expect(answer.status).toBeGreaterThanOrEqual(500);
	}
	// An answer is in the books within a second.
	await eventually(
		async () => JSON.stringify(await gateway.admin("GET", "/usage?group_by=provider&provider=openai")),
		(usage) => usage.includes('"requests":3,"errors":3'),
	);

	const now = Date.now();
	// Before it is due again, nothing is sent again; the waits are one minute, then two.
	for (const minutes of [0, 0.5, 1, 2, 3, 4, 5]) await gateway.tick(now + minutes * MINUTE_MS);

	const hooks = arrivals["/hook"] ?? [];
	expect(hooks).toHaveLength(3);
	expect(arrivals["/elsewhere"]).toBeUndefined();
	const ids = new Set<unknown>();
	for (const { headers, body } of hooks) {
		const [id, timestamp] = [headers["webhook-id"], headers["webhook-timestamp"]];
		const key = Buffer.from(secret.slice("whsec_".length), "base64");
		const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
		expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
		expect(headers["content-type"]).toBe("application/json");
		ids.add(id);
		expect(JSON.parse(body)).toMatchObject({
			type: "alert.error_share",
			data: { subject: "openai", requests: 3, errors: 3, percent: 100 },
		});
	}
	expect(ids.size).toBe(1);
	expect(hooks.map(({ headers }) => Number(headers["webhook-timestamp"]) - Math.floor(now / 1000))).toEqual([
		0, 60, 180,
	]);

	const summary = JSON.parse(hooks[0]?.body ?? "{}").data.summary;
	expect((arrivals["/slack"] ?? []).map(({ body }) => JSON.parse(body))).toEqual([
		{ text: summary },
		{ text: summary },
	]);
	const bots = (arrivals["/feishu"] ?? []).map(({ body }) => JSON.parse(body));
	expect(bots).toHaveLength(2);
	for (const { timestamp, sign, ...message } of bots) {
		expect(sign).toBe(createHmac("sha256", `${timestamp}\nfeishu-secret`).update("").digest("base64"));
		expect(message).toEqual({ msg_type: "text", content: { text: summary } });
	}

	for (const [id, attempts] of [
		[hook, 3],
		[slack, 2],
		[feishu, 2],
	] as const) {
		const { deliveries } = await gateway.admin("GET", `/alerts/${id}`);
		expect(deliveries).toMatchObject([{ attempts, next_at: null, failure: null }]);
	}
});

it("a test message reaches its place at once, and says so when it does not", async () => {
	const rule = async (path: string) => {
		const send_to = { shape: "webhook", url: origin + path };
		return (await gateway.admin("POST", "/alerts", { name: path, when: { type: "reconciliation" }, send_to })).id;
	};
	answers["/here"] = [{ status: 200 }];
	expect(await gateway.admin("POST", `/alerts/${await rule("/here")}/test`)).toMatchObject({ delivered: true });
	expect(JSON.parse(arrivals["/here"]?.[0]?.body ?? "{}")).toMatchObject({ type: "alert.test" });
	expect(await gateway.admin("POST", `/alerts/${await rule("/nowhere")}/test`)).toMatchObject({
		delivered: false,
		failure: "answered 404",
	});
});
