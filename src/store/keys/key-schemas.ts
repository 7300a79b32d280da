// Decoders of what is stored of keys and teams.
import * as v from "valibot";
import { type BudgetSpec, MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import type { TeamRegistration } from "#core/budget/budget-status";
import { type KeyLimits, LIMIT_NAMES, perLimit } from "#core/budget/limits";
import type { KeyId, SecretId, TeamId } from "#core/ids";
import type { KeyRecord, KeyRegistration } from "#core/key/key";
import { PAYLOAD_LEVELS, type PayloadPolicy } from "#core/key/payload-policy";
import { type KeyPolicy, VENDOR_TOOLS } from "#core/key/policy";
import { type KeyTerms, SELF_SERVICE_WINDOWS, type SelfService } from "#core/key/self-service";
import { OPERATION_NAMES } from "#core/operation-name";
import { Millis, Text, Version } from "#store/d1/columns";

const KeyIdSchema = v.pipe(
	Text,
	v.transform((id) => id as KeyId),
);
const TeamIdSchema = v.pipe(
	Text,
	v.transform((id) => id as TeamId),
);
export const SecretIdSchema = v.pipe(
	Text,
	v.transform((id) => id as SecretId),
);

export const PayloadPolicySchema: v.GenericSchema<unknown, PayloadPolicy> = v.strictObject({
	level: v.picklist(PAYLOAD_LEVELS),
	sample: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
});

/**
 * Strict, because a limit that this code does not know must not be dropped in silence: a record that names one is
 * treated as unreadable and fetched from where it is understood.
 */
export const KeyPolicySchema: v.GenericSchema<unknown, KeyPolicy> = v.strictObject({
	models: v.exactOptional(v.array(v.string())),
	providers: v.exactOptional(v.array(v.string())),
	expiresAt: v.exactOptional(Millis),
	regions: v.exactOptional(v.array(v.string())),
	ipRanges: v.exactOptional(v.array(v.string())),
	payloads: v.exactOptional(PayloadPolicySchema),
	vendorState: v.exactOptional(v.literal(true)),
	storedResponses: v.exactOptional(v.literal(true)),
	vendorTools: v.exactOptional(v.array(v.picklist(VENDOR_TOOLS))),
	cachePrompts: v.exactOptional(v.literal(true)),
	nativeCeiling: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_LIMIT_NANO_USD))),
});

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** Strict for the same reason, as are budgets. */
export const KeyLimitsSchema: v.GenericSchema<unknown, KeyLimits> = v.strictObject(
	perLimit(LIMIT_NAMES, () => v.exactOptional(Count)),
);

export const BudgetSpecsSchema: v.GenericSchema<unknown, BudgetSpec[]> = v.array(
	v.strictObject({
		id: Text,
		name: v.exactOptional(v.string()),
		limit: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_LIMIT_NANO_USD)),
		window: v.union([
			v.picklist(["day", "week", "month", "total"]),
			v.strictObject({ rollingSeconds: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) }),
		]),
		timeZone: Text,
		owner: v.picklist(["key", "team"]),
		action: v.picklist(["block", "warn"]),
		perEndUser: v.boolean(),
		models: v.exactOptional(v.array(v.string())),
		providers: v.exactOptional(v.array(v.string())),
		operations: v.exactOptional(v.array(v.picklist(OPERATION_NAMES))),
	}),
);

const Budget = { limit: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), window: v.picklist(SELF_SERVICE_WINDOWS) };
const Days = v.nullable(Count);

export const SelfServiceSchema: v.GenericSchema<unknown, SelfService> = v.strictObject({
	maxKeys: Count,
	maxBudget: Budget.limit,
	window: Budget.window,
	maxDays: Days,
});

export const KeyTermsSchema: v.GenericSchema<unknown, KeyTerms> = v.strictObject({
	budget: v.nullable(v.strictObject(Budget)),
	days: Days,
});

const stateEntries = {
	keyId: KeyIdSchema,
	teamId: TeamIdSchema,
	name: v.string(),
	version: Version,
	policy: KeyPolicySchema,
};

export const keyRecordEntries = { ...stateEntries, secretId: SecretIdSchema };

export const KeyRecordSchema: v.GenericSchema<unknown, KeyRecord> = v.object(keyRecordEntries);

export const KeyRegistrationSchema: v.GenericSchema<unknown, KeyRegistration> = v.object({
	...stateEntries,
	revokedAt: v.nullable(Millis),
	secrets: v.array(v.object({ id: SecretIdSchema, validUntil: v.nullable(Millis) })),
	limits: KeyLimitsSchema,
	budgets: BudgetSpecsSchema,
});

/** What the team's object keeps. */
export const TeamRegistrationSchema: v.GenericSchema<unknown, TeamRegistration> = v.object({
	teamId: TeamIdSchema,
	version: Version,
	budgets: BudgetSpecsSchema,
});
