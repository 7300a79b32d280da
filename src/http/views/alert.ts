// Alert rules and their deliveries as the admin API shows them.
import type { AlertCondition } from "#core/alert";
import { nanoUsd, usdString } from "#metering/money";
import type { AlertRule } from "#store/alerts/alert-rules";
import type { Delivery } from "#store/alerts/deliveries";
import { instant } from "./instant";

/** A rule as the admin API shows it: of its address only the origin, for the rest may be a secret. */
export function renderAlert(rule: AlertRule) {
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
export function renderDelivery({ id, incident, attempts, nextAt, deliveredAt, failure }: Delivery) {
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
function renderCondition(condition: AlertCondition) {
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
