// Changes of budgets' money in D1, recorded before they are made.
import * as v from "valibot";
import type { BudgetChange } from "#core/budget/budget-status";
import type { KeyId, TeamId } from "#core/ids";
import { type Author, audited } from "#store/d1/audit";
import { Millis, NanoDollars } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

/** A change of one budget's money, as the registry keeps it. */
export interface StoredBudgetChange extends BudgetChange {
	/** Whose object counts the budget. */
	readonly owner: KeyId | TeamId;
	/** "" where all end users count together. */
	readonly endUser: string;
	readonly who: string;
	/** When that object said that the change counts; null when it did not confirm. */
	readonly confirmedAt: number | null;
}

const ChangeRow = v.pipe(
	v.object({
		id: v.string(),
		owner: v.string(),
		budget_id: v.string(),
		end_user: v.string(),
		kind: v.picklist(["adjustment", "write-off"]),
		amount: NanoDollars,
		reason: v.string(),
		who: v.string(),
		at: Millis,
		confirmed_at: v.nullable(Millis),
	}),
	v.transform(
		(row): StoredBudgetChange => ({
			id: row.id,
			owner: row.owner as KeyId | TeamId,
			budgetId: row.budget_id,
			endUser: row.end_user,
			kind: row.kind,
			amount: row.amount,
			reason: row.reason,
			who: row.who,
			at: row.at,
			confirmedAt: row.confirmed_at,
		}),
	),
);

/** As it stands in the audit. */
const SNAPSHOT = `
	SELECT json_object('owner', owner, 'budget_id', budget_id, 'end_user', end_user, 'kind', kind, 'amount', amount,
		'reason', reason)
	FROM budget_changes WHERE id = ?1`;

const COLUMNS = "id, owner, budget_id, end_user, kind, amount, reason, who, at, confirmed_at";

/** Records a change before anyone acts on it. Returns what is recorded under its id, which may be an earlier one. */
export function recordBudgetChange(
	db: D1Database,
	change: Omit<StoredBudgetChange, "confirmedAt">,
	author: Author,
): Promise<StoredBudgetChange> {
	return inDatabase(async () => {
		const [, read] = await audited(db, author, subject(change.id, "record"), [
			db
				.prepare(
					`INSERT INTO budget_changes (id, owner, budget_id, end_user, kind, amount, reason, who, at)
					VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING`,
				)
				.bind(
					change.id,
					change.owner,
					change.budgetId,
					change.endUser,
					change.kind,
					change.amount,
					change.reason,
					change.who,
					change.at,
				),
			db.prepare(`SELECT ${COLUMNS} FROM budget_changes WHERE id = ?`).bind(change.id),
		]);
		return v.parse(ChangeRow, read?.results[0]);
	});
}

/** Notes that the object counts it. */
export function confirmBudgetChange(db: D1Database, id: string, now: number): Promise<void> {
	return inDatabase(async () => {
		await db
			.prepare("UPDATE budget_changes SET confirmed_at = coalesce(confirmed_at, ?2) WHERE id = ?1")
			.bind(id, now)
			.run();
	});
}

/** Takes back the record of a change that the object refused. */
export function withdrawBudgetChange(db: D1Database, id: string, author: Author): Promise<void> {
	return inDatabase(async () => {
		const statement = db.prepare("DELETE FROM budget_changes WHERE id = ? AND confirmed_at IS NULL").bind(id);
		await audited(db, author, subject(id, "withdraw"), [statement]);
	});
}

function subject(id: string, action: string) {
	return { kind: "budget_change", id, action, snapshot: SNAPSHOT } as const;
}

/** The newest ones first, at most `limit`. */
export function listBudgetChanges(db: D1Database, owner: KeyId | TeamId, limit: number): Promise<StoredBudgetChange[]> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(`SELECT ${COLUMNS} FROM budget_changes WHERE owner = ? ORDER BY at DESC, id DESC LIMIT ?`)
			.bind(owner, limit)
			.all();
		return v.parse(v.array(ChangeRow), results);
	});
}
