/** The message of an incident for each kind of destination. */

import type { AlertShape, Incident } from "#core/alert";
import { base64Of } from "#lib/text-bytes";

/** Where a rule's incidents go. */
export interface Destination {
	readonly shape: AlertShape;
	readonly url: string;
	/** Signs the message; null when the receiver wants none. */
	readonly secret: string | null;
}

export interface Message {
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
}

/**
 * The message of one delivery. Its id stays the same however often it is sent; `at` is when, in milliseconds since the
 * epoch.
 */
export function messageFor(destination: Destination, id: string, incident: Incident, at: number): Promise<Message> {
	switch (destination.shape) {
		case "webhook":
			return webhookMessage(destination.secret, id, incident, at);
		case "slack":
			return Promise.resolve(json({ text: plain(incident.summary) }));
		case "feishu":
			return feishuMessage(destination.secret, incident, at);
	}
}

/** Whether the receiver took it. Feishu says no with a 200 and a code. */
export function wasTaken(shape: AlertShape, status: number, body: string): boolean {
	if (status < 200 || status > 299) return false;
	return shape !== "feishu" || /"(?:code|StatusCode)"\s*:\s*0\s*[,}]/.test(body);
}

/**
 * Standard Webhooks 1.0.0: HMAC-SHA-256 over `id.timestamp.body`, under the secret's bytes in base64 after `whsec_`.
 */
async function webhookMessage(secret: string | null, id: string, incident: Incident, at: number): Promise<Message> {
	const timestamp = String(Math.floor(at / 1000));
	const body = JSON.stringify({
		type: `alert.${incident.type}`,
		timestamp: new Date(incident.at).toISOString(),
		data: { incident: incident.id, summary: incident.summary, ...incident.facts },
	});
	const signature =
		secret === null
			? {}
			: { "webhook-signature": `v1,${await hmac(webhookKey(secret), `${id}.${timestamp}.${body}`)}` };
	return {
		headers: { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": timestamp, ...signature },
		body,
	};
}

/** The bytes that a Standard Webhooks secret stands for. Throws when it is not base64 after `whsec_`. */
export function webhookKey(secret: string): Uint8Array {
	return Uint8Array.from(atob(secret.replace(/^whsec_/, "")), (character) => character.charCodeAt(0));
}

/** Feishu's custom bots sign nothing, under a key made of timestamp and secret. */
async function feishuMessage(secret: string | null, incident: Incident, at: number): Promise<Message> {
	const timestamp = String(Math.floor(at / 1000));
	const sign =
		secret === null ? {} : { timestamp, sign: await hmac(new TextEncoder().encode(`${timestamp}\n${secret}`), "") };
	return json({ ...sign, msg_type: "text", content: { text: incident.summary } });
}

function json(body: object): Message {
	return { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** Slack reads three characters as markup; names of budgets and models must not ping a channel. */
function plain(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

async function hmac(key: Uint8Array, text: string): Promise<string> {
	const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
	const signature = await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(text));
	return base64Of(new Uint8Array(signature));
}
