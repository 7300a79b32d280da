// Vendors' cost exports in D1.
import * as v from "valibot";
import { type DailyCost, EXPORT_FORMATS, type ExportFormat } from "#metering/daily-cost";
import { type Author, audited } from "#store/d1/audit";
import { Millis, NanoDollars } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

/** A provider's own cost export, as it was handed in. */
export interface CostImport {
	readonly id: string;
	readonly provider: string;
	readonly format: ExportFormat;
	readonly at: number;
}

const ImportRow = v.object({
	id: v.string(),
	provider: v.string(),
	format: v.picklist(EXPORT_FORMATS),
	at: Millis,
});
const CostRow = v.object({ day: Millis, model: v.string(), cost: NanoDollars });

/** Keeps an export for good. Throws `DatabaseUnavailable`. */
export function recordImport(
	db: D1Database,
	{ id, provider, format, at }: CostImport,
	costs: readonly DailyCost[],
	author: Author,
): Promise<void> {
	const snapshot = `SELECT json_object('provider', provider, 'format', format,
		'entries', (SELECT count(*) FROM imported_costs WHERE import_id = ?1)) FROM cost_imports WHERE id = ?1`;
	return inDatabase(async () => {
		await audited(db, author, { kind: "cost_import", id, action: "create", snapshot }, [
			db
				.prepare("INSERT INTO cost_imports (id, provider, format, at) VALUES (?, ?, ?, ?)")
				.bind(id, provider, format, at),
			db
				.prepare(
					`INSERT INTO imported_costs (import_id, day, model, cost)
					SELECT ?2, value ->> 'day', value ->> 'model', value ->> 'cost' FROM json_each(?1)`,
				)
				.bind(JSON.stringify(costs), id),
		]);
	});
}

/** Null when there is none. Throws `DatabaseUnavailable`. */
export function findImport(db: D1Database, id: string): Promise<CostImport | null> {
	return inDatabase(async () => {
		const row = await db.prepare("SELECT id, provider, format, at FROM cost_imports WHERE id = ?").bind(id).first();
		return row === null ? null : v.parse(ImportRow, row);
	});
}

/** The newest first, those before the id `after`. Throws `DatabaseUnavailable`. */
export function listImports(
	db: D1Database,
	after: string | null,
	limit: number,
): Promise<{ readonly imports: CostImport[]; readonly more: boolean }> {
	return inDatabase(async () => {
		const query = "SELECT id, provider, format, at FROM cost_imports WHERE id < ? ORDER BY id DESC LIMIT ?";
		const { results } = await db
			.prepare(query)
			// No id begins with a tilde.
			.bind(after ?? "~", limit + 1)
			.all();
		const imports = v.parse(v.array(ImportRow), results);
		return { imports: imports.slice(0, limit), more: imports.length > limit };
	});
}

/**
 * What an import says, and what was recorded of its provider on the days that it covers. Throws `DatabaseUnavailable`.
 */
export function costsBeside(
	db: D1Database,
	{ id, provider }: CostImport,
): Promise<{ readonly exported: DailyCost[]; readonly recorded: DailyCost[] }> {
	// Test calls belong to no key and are booked apart.
	const recordedSql = `
		WITH days AS (SELECT min(day) AS first, max(day) AS last FROM imported_costs WHERE import_id = ?1)
		SELECT period AS day, model, sum(cost) AS cost FROM usage_daily, days
		WHERE provider = ?2 AND period BETWEEN first AND last GROUP BY 1, 2
		UNION ALL
		SELECT at / 86400000 * 86400000 AS day, model, sum(cost) AS cost FROM provider_tests, days
		WHERE provider = ?2 AND at >= first AND at < last + 86400000 AND cost IS NOT NULL GROUP BY 1, 2`;
	return inDatabase(async () => {
		const [exported, recorded] = await db.batch([
			db.prepare("SELECT day, model, cost FROM imported_costs WHERE import_id = ?").bind(id),
			db.prepare(recordedSql).bind(id, provider),
		]);
		return {
			exported: v.parse(v.array(CostRow), exported?.results),
			recorded: v.parse(v.array(CostRow), recorded?.results),
		};
	});
}
