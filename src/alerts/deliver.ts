// Delivers incidents to their webhooks, again and again until one is taken.
import { mapConcurrent } from "#lib/map-concurrent";
import { type AlertRule, addressOf, listAlertRules } from "#store/alerts/alert-rules";
import { claimDue, type Delivery, noteDelivery } from "#store/alerts/deliveries";
import { type Destination, messageFor, wasTaken } from "./message";

/** How long one attempt may take, in milliseconds. */
const DEADLINE_MS = 10_000;
/** How long a claimed delivery is left to its claimant, in milliseconds. */
const CLAIM_MS = 60_000;
/** How many are sent in one go. */
const BATCH = 25;
/** How often a delivery is tried: over about eight hours. */
const ATTEMPTS = 10;
/** The most of an answer that is looked at, in bytes. */
const ANSWER_BYTES = 4_096;

/**
 * Sends what is due. Whatever goes wrong with one leaves the others alone; it is tried again later, ever more seldom.
 */
export async function deliverDue(db: D1Database, gatewaySecret: string, now: number): Promise<void> {
	const due = await claimDue(db, now, CLAIM_MS, BATCH);
	if (due.length === 0) return;
	const rules = new Map((await listAlertRules(db)).map((rule) => [rule.id, rule]));
	await mapConcurrent(due, (delivery) => attempt(db, delivery, rules.get(delivery.ruleId), gatewaySecret, now));
}

async function attempt(
	db: D1Database,
	delivery: Delivery,
	rule: AlertRule | undefined,
	gatewaySecret: string,
	now: number,
): Promise<void> {
	if (rule === undefined || rule.disabled) {
		return noteDelivery(db, delivery.id, { deliveredAt: null, nextAt: null, failure: "the rule is disabled" });
	}
	const failure = await send(rule, delivery, gatewaySecret, now);
	const outcome =
		failure === null
			? { deliveredAt: now, nextAt: null }
			: { deliveredAt: null, nextAt: nextAttempt(delivery.attempts, now) };
	return noteDelivery(db, delivery.id, { ...outcome, failure });
}

/** When to try again after `attempts`, in milliseconds since the epoch; null when no further attempt follows. */
export function nextAttempt(attempts: number, now: number): number | null {
	return attempts >= ATTEMPTS ? null : now + 60_000 * 2 ** (attempts - 1);
}

/**
 * Sends one. Null when the receiver took it, else why not, in words that quote neither the receiver nor the address.
 */
export async function send(
	rule: AlertRule,
	{ id, incident }: Pick<Delivery, "id" | "incident">,
	gatewaySecret: string,
	now: number,
): Promise<string | null> {
	try {
		const { url, secret } = await addressOf(rule, gatewaySecret);
		const destination: Destination = { shape: rule.shape, url, secret };
		const { headers, body } = await messageFor(destination, id, incident, now);
		const response = await fetch(url, {
			method: "POST",
			headers: { "user-agent": "tollgate", ...headers },
			body,
			// Another address is another receiver, which the admin's rule did not name.
			redirect: "manual",
			signal: AbortSignal.timeout(DEADLINE_MS),
		});
		if (wasTaken(rule.shape, response.status, await beginning(response))) return null;
		return `answered ${response.status}`;
	} catch (error) {
		return error instanceof Error ? error.name : "failed";
	}
}

/** The beginning of an answer; the receiver is no part of the gateway, and may send without end. */
async function beginning(response: Response): Promise<string> {
	if (response.body === null) return "";
	const reader = response.body.getReader();
	const decoder = new TextDecoder();
	let text = "";
	while (text.length < ANSWER_BYTES) {
		const { done, value } = await reader.read();
		if (done) return text;
		text += decoder.decode(value, { stream: true });
	}
	await reader.cancel();
	return text;
}
