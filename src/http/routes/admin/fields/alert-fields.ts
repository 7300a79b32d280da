// Decodes an alert rule's condition and destination.
import * as v from "valibot";
import { webhookKey } from "#alerts/message";
import { ALERT_SCOPES, ALERT_SHAPES, type AlertCondition } from "#core/alert";
import type { KeyId, TeamId } from "#core/ids";
import { canonicalProvider } from "#providers/names";
import { Usd } from "./usd";

const Percent = v.pipe(v.number(), v.minValue(1, "must be at least 1"), v.maxValue(1000, "must be at most 1000"));
const Count = (least: number) =>
	v.pipe(v.number(), v.safeInteger("must be a whole number"), v.minValue(least, `must be at least ${least}`));
const Scope = v.picklist(ALERT_SCOPES, `must be one of ${ALERT_SCOPES.join(", ")}`);

/** What to be told of, as the admin API writes it. */
export const When: v.GenericSchema<unknown, AlertCondition> = v.variant(
	"type",
	[
		v.pipe(
			v.strictObject({
				type: v.literal("budget"),
				thresholds: v.optional(
					v.pipe(
						v.array(Percent),
						v.minLength(1, "must not be empty"),
						v.maxLength(10, "must have at most 10 entries"),
					),
					[50, 80, 100],
				),
				team_id: v.optional(v.string()),
				key_id: v.optional(v.string()),
			}),
			v.transform(({ type, thresholds, team_id, key_id }) => ({
				type,
				thresholds,
				teamId: (team_id ?? null) as TeamId | null,
				keyId: (key_id ?? null) as KeyId | null,
			})),
		),
		v.pipe(
			v.strictObject({ type: v.literal("circuit_opened"), provider: v.optional(v.string()) }),
			v.transform(({ type, provider }) => ({
				type,
				provider: provider === undefined ? null : canonicalProvider(provider),
			})),
		),
		v.pipe(
			v.strictObject({
				type: v.literal("error_share"),
				percent: v.optional(v.pipe(Percent, v.maxValue(100, "must be at most 100")), 20),
				min_requests: v.optional(Count(1), 20),
				by: v.optional(Scope, "gateway"),
			}),
			v.transform(({ type, percent, min_requests, by }) => ({ type, percent, minRequests: min_requests, by })),
		),
		v.pipe(
			v.strictObject({
				type: v.literal("spend_jump"),
				factor: v.optional(
					v.pipe(v.number(), v.minValue(1, "must be at least 1"), v.maxValue(1000, "must be at most 1000")),
					3,
				),
				min_usd: v.optional(v.pipe(Usd, v.minValue(0, "must not be negative")), "1"),
				by: v.optional(Scope, "gateway"),
			}),
			v.transform(({ type, factor, min_usd, by }) => ({ type, factor, minCost: min_usd, by })),
		),
		v.strictObject({ type: v.literal("reconciliation") }),
		v.strictObject({ type: v.literal("unpriced") }),
		v.strictObject({
			type: v.literal("backlog"),
			records: v.optional(Count(1), 50_000),
			// An object that owes nothing is found to be clean within ten minutes.
			minutes: v.optional(Count(15), 1_440),
		}),
	],
	"must have a `type`: budget, circuit_opened, error_share, spend_jump, reconciliation, unpriced or backlog",
);

const Text = v.pipe(
	v.string(),
	v.regex(/^[\x21-\x7e]*$/, "must be printable ASCII without spaces"),
	v.maxLength(1024, "must have at most 1024 characters"),
);

/** Where to tell it. */
export const SendTo = v.pipe(
	v.strictObject({
		shape: v.picklist(ALERT_SHAPES, `must be one of ${ALERT_SHAPES.join(", ")}`),
		url: v.pipe(v.string(), v.maxLength(2048, "must have at most 2048 characters")),
		secret: v.optional(Text),
	}),
	v.check(({ shape, secret }) => secret === undefined || shape !== "slack", "must have no `secret`: Slack knows none"),
	v.check(
		({ shape, secret }) => shape !== "webhook" || secret === undefined || isWebhookSecret(secret),
		"must have a `secret` of `whsec_` and 24 to 64 bytes in base64",
	),
);

function isWebhookSecret(secret: string): boolean {
	try {
		const { length } = webhookKey(secret);
		return secret.startsWith("whsec_") && length >= 24 && length <= 64;
	} catch {
		return false;
	}
}
