// Alert rules and their deliveries as the admin API shows them.
import * as v from "valibot";
import { ALERT_SCOPES, ALERT_SHAPES, type AlertCondition } from "#core/alert";
import { nanoUsd, usdString } from "#metering/money";
import type { AlertRule } from "#store/alerts/alert-rules";
import type { Delivery } from "#store/alerts/deliveries";
import { instant } from "./instant";
import { Dollars, Instant, type Shown } from "./shown";

const Scope = v.picklist(ALERT_SCOPES);

const ConditionView = v.variant("type", [
	v.object({
		type: v.literal("budget"),
		thresholds: v.array(v.number()),
		team_id: v.nullable(v.string()),
		key_id: v.nullable(v.string()),
	}),
	v.object({ type: v.literal("circuit_opened"), provider: v.nullable(v.string()) }),
	v.object({ type: v.literal("error_share"), percent: v.number(), min_requests: v.number(), by: Scope }),
	v.object({ type: v.literal("spend_jump"), factor: v.number(), min_usd: Dollars, by: Scope }),
	v.object({ type: v.literal("reconciliation") }),
	v.object({ type: v.literal("unpriced") }),
	v.object({ type: v.literal("backlog"), records: v.number(), minutes: v.number() }),
]);

export const AlertView = v.object({
	id: v.string(),
	object: v.literal("alert"),
	name: v.string(),
	when: ConditionView,
	send_to: v.object({
		shape: v.picklist(ALERT_SHAPES),
		origin: v.pipe(v.string(), v.description("of its address only the origin: the rest may be a secret")),
	}),
	disabled: v.boolean(),
	created_at: Instant,
	updated_at: Instant,
});

/** A rule whose address was just set, with the secret that signs what it sends. */
export const NewAlertView = v.object({ ...AlertView.entries, secret: v.nullable(v.string()) });
export const ChangedAlertView = v.object({ ...AlertView.entries, secret: v.exactOptional(v.nullable(v.string())) });

const DeliveryView = v.object({
	id: v.string(),
	object: v.literal("alert_delivery"),
	incident: v.object({
		type: v.string(),
		at: Instant,
		summary: v.string(),
		facts: v.record(v.string(), v.nullable(v.union([v.string(), v.number()]))),
	}),
	attempts: v.number(),
	next_at: v.nullable(Instant),
	delivered_at: v.nullable(Instant),
	failure: v.nullable(v.string()),
});

export const WholeAlertView = v.object({ ...AlertView.entries, deliveries: v.array(DeliveryView) });

export const AlertTestView = v.object({
	id: v.string(),
	object: v.literal("alert_test"),
	delivered: v.boolean(),
	failure: v.nullable(v.string()),
});

/** A rule as the admin API shows it: of its address only the origin, for the rest may be a secret. */
export function renderAlert(rule: AlertRule): Shown<typeof AlertView> {
	return {
		id: rule.id,
		object: "alert",
		name: rule.name,
		when: renderCondition(rule.condition),
		send_to: { shape: rule.shape, origin: rule.origin },
		disabled: rule.disabled,
		created_at: instant(rule.createdAt),
		updated_at: instant(rule.updatedAt),
	};
}

/** What became of telling a rule's destination of one incident. */
export function renderDelivery(delivery: Delivery): Shown<typeof DeliveryView> {
	const { id, incident, attempts, nextAt, deliveredAt, failure } = delivery;
	return {
		id,
		object: "alert_delivery",
		incident: { type: incident.type, at: instant(incident.at), summary: incident.summary, facts: incident.facts },
		attempts,
		next_at: instant(nextAt),
		delivered_at: instant(deliveredAt),
		failure,
	};
}

/** What a rule tells of, in the fields in which an admin writes it. */
function renderCondition(condition: AlertCondition): Shown<typeof ConditionView> {
	switch (condition.type) {
		case "budget": {
			const { type, thresholds, teamId, keyId } = condition;
			return { type, thresholds, team_id: teamId, key_id: keyId };
		}
		case "error_share": {
			const { type, percent, minRequests, by } = condition;
			return { type, percent, min_requests: minRequests, by };
		}
		case "spend_jump": {
			const { type, factor, minCost, by } = condition;
			return { type, factor, min_usd: usdString(nanoUsd(minCost)), by };
		}
		case "circuit_opened":
		case "reconciliation":
		case "unpriced":
		case "backlog":
			return condition;
	}
}
