// Alert rules in D1.
import * as v from "valibot";
import { ALERT_SCOPES, ALERT_SHAPES, type AlertCondition, type AlertShape } from "#core/alert";
import type { KeyId, TeamId } from "#core/ids";
import { type Author, audited } from "#store/d1/audit";
import { Millis, Version } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { seal, unseal } from "#store/d1/sealed";

/** What an admin wants to be alerted to, and where. Times in milliseconds since the epoch. */
export interface AlertRule {
	readonly id: string;
	readonly name: string;
	readonly condition: AlertCondition;
	readonly shape: AlertShape;
	/** Sealed for this id, version and origin: see `AlertAddress`. */
	readonly destination: string;
	/** Of the address; the rest of it may be a secret. */
	readonly origin: string;
	readonly disabled: boolean;
	/** Rises with every change. */
	readonly version: number;
	readonly createdAt: number;
	readonly updatedAt: number;
}

/** What is sealed of a destination. */
export interface AlertAddress {
	readonly url: string;
	readonly secret: string | null;
}

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Percent = v.pipe(v.number(), v.minValue(0));
const Id = <T extends string>() =>
	v.nullable(
		v.pipe(
			v.string(),
			v.transform((id) => id as T),
		),
	);

const ConditionSchema: v.GenericSchema<unknown, AlertCondition> = v.variant("type", [
	v.object({
		type: v.literal("budget"),
		thresholds: v.array(Percent),
		teamId: Id<TeamId>(),
		keyId: Id<KeyId>(),
	}),
	v.object({ type: v.literal("circuit_opened"), provider: v.nullable(v.string()) }),
	v.object({ type: v.literal("error_share"), percent: Percent, minRequests: Count, by: v.picklist(ALERT_SCOPES) }),
	v.object({ type: v.literal("spend_jump"), factor: v.number(), minCost: Count, by: v.picklist(ALERT_SCOPES) }),
	v.object({ type: v.literal("reconciliation") }),
	v.object({ type: v.literal("unpriced") }),
	v.object({ type: v.literal("backlog"), records: Count, minutes: Count }),
]);

const RuleRow = v.pipe(
	v.object({
		id: v.string(),
		name: v.string(),
		condition: v.pipe(v.string(), v.parseJson(), ConditionSchema),
		shape: v.picklist(ALERT_SHAPES),
		destination: v.string(),
		origin: v.string(),
		disabled: v.picklist([0, 1]),
		version: Version,
		created_at: Millis,
		updated_at: Millis,
	}),
	v.transform(
		({ created_at, updated_at, disabled, ...row }): AlertRule => ({
			...row,
			disabled: disabled === 1,
			createdAt: created_at,
			updatedAt: updated_at,
		}),
	),
);

const COLUMNS = "id, name, condition, shape, destination, origin, disabled, version, created_at, updated_at";

/** As it stands in the audit: of its destination what may be shown. */
const SNAPSHOT = `
	SELECT json_object('name', name, 'condition', json(condition), 'shape', shape, 'origin', origin,
		'disabled', json(iif(disabled, 'true', 'false')), 'version', version)
	FROM alert_rules WHERE id = ?1`;

/** All of them by id, disabled ones too. Throws `DatabaseUnavailable`, as all of these do. */
export function listAlertRules(db: D1Database): Promise<AlertRule[]> {
	return inDatabase(async () => {
		const { results } = await db.prepare(`SELECT ${COLUMNS} FROM alert_rules ORDER BY id`).all();
		return v.parse(v.array(RuleRow), results);
	});
}

/** Null when there is no such rule. */
export function findAlertRule(db: D1Database, id: string): Promise<AlertRule | null> {
	return inDatabase(async () => {
		const row = await db.prepare(`SELECT ${COLUMNS} FROM alert_rules WHERE id = ?`).bind(id).first();
		return row === null ? null : v.parse(RuleRow, row);
	});
}

/** Puts a rule in place of the version before it; 0 is none. False when another change came first, or a removal. */
export function saveAlertRule(db: D1Database, rule: AlertRule, before: number, author: Author): Promise<boolean> {
	const statement = db
		.prepare(
			before === 0
				? `INSERT INTO alert_rules (${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`
				: `UPDATE alert_rules SET name = ?2, condition = ?3, shape = ?4, destination = ?5, origin = ?6, disabled = ?7,
						version = ?8, updated_at = ?10
					WHERE id = ?1 AND created_at = ?9 AND version = ?11`,
		)
		.bind(
			rule.id,
			rule.name,
			JSON.stringify(rule.condition),
			rule.shape,
			rule.destination,
			rule.origin,
			rule.disabled ? 1 : 0,
			rule.version,
			rule.createdAt,
			rule.updatedAt,
			...(before === 0 ? [] : [before]),
		);
	return change(db, rule.id, before === 0 ? "create" : "update", author, [statement]);
}

/** Removes a rule and what was to be delivered for it. False when there was no such rule. */
export function deleteAlertRule(db: D1Database, id: string, author: Author): Promise<boolean> {
	return change(db, id, "delete", author, [
		db.prepare("DELETE FROM alert_rules WHERE id = ?").bind(id),
		db.prepare("DELETE FROM alert_deliveries WHERE rule_id = ?").bind(id),
	]);
}

/** Whether the first statement changed anything. */
function change(
	db: D1Database,
	id: string,
	action: string,
	author: Author,
	statements: D1PreparedStatement[],
): Promise<boolean> {
	return inDatabase(async () => {
		const [result] = await audited(db, author, { kind: "alert", id, action, snapshot: SNAPSHOT }, statements);
		return result !== undefined && result.meta.changes > 0;
	});
}

type Sealed = Pick<AlertRule, "id" | "version" | "origin">;

export function sealAddress(rule: Sealed, address: AlertAddress, gatewaySecret: string): Promise<string> {
	return seal(gatewaySecret, JSON.stringify(address), bindingOf(rule));
}

const Address = v.pipe(v.string(), v.parseJson(), v.object({ url: v.string(), secret: v.nullable(v.string()) }));

/** Throws `SealError`. */
export async function addressOf(rule: AlertRule, gatewaySecret: string): Promise<AlertAddress> {
	return v.parse(Address, await unseal(gatewaySecret, rule.destination, bindingOf(rule)));
}

function bindingOf({ id, version, origin }: Sealed) {
	return { recordId: id, version, origin };
}
