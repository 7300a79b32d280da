import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { nextAttempt } from "#alerts/deliver";
import { messageFor, wasTaken } from "#alerts/message";
import type { Incident } from "#core/alert";

const AT = Date.UTC(2026, 10, 3, 12, 30);
const incident: Incident = {
	id: "budget/key_1/bud_1/1/80",
	type: "budget",
	at: AT - 5_000,
	summary: "Budget <!channel> & co. of key_1 has reached 80 %",
	facts: { owner: "key_1", used_usd: "0.8" },
};

describe("a webhook", () => {
	const secret = `whsec_${Buffer.from("a secret of thirty-two bytes 123").toString("base64")}`;
	const url = "https://hooks.example.com/tollgate";

	test("is signed over id, time and body as Standard Webhooks say", async () => {
		const { headers, body } = await messageFor({ shape: "webhook", url, secret }, "dlv_1", incident, AT);
		const timestamp = String(AT / 1000);
		expect(headers).toMatchObject({ "webhook-id": "dlv_1", "webhook-timestamp": timestamp });
		const expected = createHmac("sha256", "a secret of thirty-two bytes 123")
			.update(`dlv_1.${timestamp}.${body}`)
			.digest("base64");
		expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
	});

	test("has the facts, and the same id however often it is sent", async () => {
		const first = await messageFor({ shape: "webhook", url, secret }, "dlv_1", incident, AT);
		const again = await messageFor({ shape: "webhook", url, secret }, "dlv_1", incident, AT + 60_000);
		expect(again.body).toBe(first.body);
		expect(again.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
		expect(again.headers["webhook-signature"]).not.toBe(first.headers["webhook-signature"]);
		expect(JSON.parse(first.body)).toEqual({
			type: "alert.budget",
			timestamp: "2026-11-03T12:29:55.000Z",
			data: { incident: incident.id, summary: incident.summary, owner: "key_1", used_usd: "0.8" },
		});
	});
});

test("Slack gets a text in which names cannot ping a channel", async () => {
	const { body } = await messageFor({ shape: "slack", url: "", secret: null }, "dlv_1", incident, AT);
	expect(JSON.parse(body)).toEqual({ text: "Budget &lt;!channel&gt; &amp; co. of key_1 has reached 80 %" });
});

test("Feishu gets a text, signed as its custom bots want it", async () => {
	const { body } = await messageFor({ shape: "feishu", url: "", secret: "feishu-secret" }, "dlv_1", incident, AT);
	const timestamp = String(AT / 1000);
	expect(JSON.parse(body)).toEqual({
		timestamp,
		sign: createHmac("sha256", `${timestamp}\nfeishu-secret`).update("").digest("base64"),
		msg_type: "text",
		content: { text: incident.summary },
	});
	const plain = await messageFor({ shape: "feishu", url: "", secret: null }, "dlv_1", incident, AT);
	expect(JSON.parse(plain.body)).not.toHaveProperty("sign");
});

test.each([
	["webhook", 204, "", true],
	["webhook", 302, "", false],
	["slack", 200, "ok", true],
	["slack", 404, "no_service", false],
	["feishu", 200, '{"code":0,"msg":"success","data":{}}', true],
	["feishu", 200, '{"code":19021,"msg":"sign match fail"}', false],
	["feishu", 200, "<html>", false],
] as const)("%s that answers %d %s has taken it: %s", (shape, status, body, taken) => {
	expect(wasTaken(shape, status, body)).toBe(taken);
});

test("a delivery is tried ten times, at twice the distance each time", () => {
	const waits = Array.from({ length: 10 }, (_, index) => nextAttempt(index + 1, 0));
	expect(waits.slice(0, 3)).toEqual([60_000, 120_000, 240_000]);
	expect(waits.at(-1)).toBeNull();
});
