// Teams in D1.
import * as v from "valibot";
import type { BudgetSpec } from "#core/budget/budget";
import type { TeamRegistration } from "#core/budget/budget-status";
import type { KeyLimits } from "#core/budget/limits";
import type { TeamId } from "#core/ids";
import type { PayloadPolicy } from "#core/key/payload-policy";
import type { SelfService } from "#core/key/self-service";
import type { Scope } from "#core/rights";
import { type Author, audited } from "#store/d1/audit";
import { Millis, Version } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { unlessOvertaken } from "#store/d1/optimistic-retry";
import { Where } from "#store/d1/where";
import { BudgetSpecsSchema, KeyLimitsSchema, PayloadPolicySchema, SelfServiceSchema } from "./key-schemas";
import { type LimitChanges, NEXT_VERSION } from "./keys";

/** Times in milliseconds since the epoch. */
export interface StoredTeam {
	readonly id: TeamId;
	readonly name: string;
	readonly metadata: Record<string, string>;
	/** For each key of the team by itself. */
	readonly limits: KeyLimits;
	/** For all keys of the team together. */
	readonly budgets: readonly BudgetSpec[];
	/** For each of its keys that says nothing of its own; null keeps nothing. */
	readonly payloads: PayloadPolicy | null;
	/** Within what its members make keys by themselves; null: a person decides each. */
	readonly selfService: SelfService | null;
	/** Rises with every change of what governs its keys. */
	readonly version: number;
	readonly createdAt: number;
	readonly updatedAt: number;
}

/** Fields to change; in `limits` a null takes a limit away. */
interface TeamChanges {
	readonly name?: string;
	readonly metadata?: Record<string, string>;
	readonly limits?: LimitChanges;
	/** What becomes of the budgets that are there. */
	readonly budgets?: (before: readonly BudgetSpec[]) => readonly BudgetSpec[];
	readonly payloads?: PayloadPolicy | null;
	readonly selfService?: SelfService | null;
}

const TeamRow = v.pipe(
	v.object({
		id: v.string(),
		name: v.string(),
		metadata: v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string())),
		limits: v.pipe(v.string(), v.parseJson(), KeyLimitsSchema),
		budgets: v.pipe(v.string(), v.parseJson(), BudgetSpecsSchema),
		payloads: v.nullable(v.pipe(v.string(), v.parseJson(), PayloadPolicySchema)),
		self_service: v.nullable(v.pipe(v.string(), v.parseJson(), SelfServiceSchema)),
		version: Version,
		created_at: Millis,
		updated_at: Millis,
	}),
	v.transform(
		(row): StoredTeam => ({
			id: row.id as TeamId,
			name: row.name,
			metadata: row.metadata,
			limits: row.limits,
			budgets: row.budgets,
			payloads: row.payloads,
			selfService: row.self_service,
			version: row.version,
			createdAt: row.created_at,
			updatedAt: row.updated_at,
		}),
	),
);

const COLUMNS = "id, name, metadata, limits, budgets, payloads, self_service, version, created_at, updated_at";

/** As it stands in the audit. */
const SNAPSHOT = `
	SELECT json_object('name', name, 'metadata', json(metadata), 'limits', json(limits), 'budgets', json(budgets),
		'payloads', json(payloads), 'self_service', json(self_service), 'version', version)
	FROM teams WHERE id = ?1`;

function subject(id: TeamId, action: string) {
	return { kind: "team", id, action, snapshot: SNAPSHOT } as const;
}

/** Throws `DatabaseUnavailable`, as all of these do. */
export async function createTeam(
	db: D1Database,
	team: Pick<StoredTeam, "id" | "name" | "metadata" | "limits" | "budgets" | "payloads" | "selfService">,
	author: Author,
): Promise<StoredTeam> {
	return inDatabase(async () => {
		const [created] = await audited(db, author, subject(team.id, "create"), [
			db
				.prepare(
					`INSERT INTO teams (id, name, metadata, limits, budgets, payloads, self_service, version, created_at,
						updated_at) VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?1, ?1, ?1) RETURNING ${COLUMNS}`,
				)
				.bind(
					author.at,
					team.id,
					team.name,
					JSON.stringify(team.metadata),
					JSON.stringify(team.limits),
					JSON.stringify(team.budgets),
					team.payloads && JSON.stringify(team.payloads),
					team.selfService && JSON.stringify(team.selfService),
				),
		]);
		return v.parse(TeamRow, created?.results[0]);
	});
}

/** Null when there is no such team. */
export function findTeam(db: D1Database, id: TeamId): Promise<StoredTeam | null> {
	return inDatabase(async () => {
		const row = await db.prepare(`SELECT ${COLUMNS} FROM teams WHERE id = ?`).bind(id).first();
		return row === null ? null : v.parse(TeamRow, row);
	});
}

/** What the team's object needs. Null when there is no such team. */
export async function readTeamRegistration(db: D1Database, id: TeamId): Promise<TeamRegistration | null> {
	const team = await findTeam(db, id);
	return team === null ? null : teamRegistrationOf(team);
}

export function teamRegistrationOf({ id, version, budgets }: StoredTeam): TeamRegistration {
	return { teamId: id, version, budgets };
}

/** One page, newest first, and whether more follow. `after` is the id of the last team of the page before. */
export function listTeams(
	db: D1Database,
	page: { after: string | null; limit: number },
	within: Pick<Scope, "teams">,
): Promise<{ teams: StoredTeam[]; more: boolean }> {
	const where = new Where().and("id < ?", page.after).among("id", within.teams);
	return inDatabase(async () => {
		const { results } = await db
			.prepare(`SELECT ${COLUMNS} FROM teams ${where.sql} ORDER BY id DESC LIMIT ?`)
			.bind(...where.values, page.limit + 1)
			.all();
		const teams = v.parse(v.array(TeamRow), results);
		return { teams: teams.slice(0, page.limit), more: teams.length > page.limit };
	});
}

/**
 * Null when there is no such team. A change of limits, budgets or payloads is one of each key of the team that is not
 * revoked. Throws what `changes.budgets` throws.
 */
export function updateTeam(
	db: D1Database,
	id: TeamId,
	changes: TeamChanges,
	author: Author,
): Promise<StoredTeam | null> {
	const now = author.at;
	return unlessOvertaken(async () => {
		const before = await findTeam(db, id);
		if (before === null) return null;
		const { name = null, metadata, limits, budgets, payloads, selfService } = changes;
		const governs = limits !== undefined || budgets !== undefined || payloads !== undefined;
		const revised = budgets === undefined ? null : JSON.stringify(budgets(before.budgets));
		return inDatabase(async () => {
			const [update] = await audited(db, author, subject(id, "update"), [
				db
					.prepare(
						`UPDATE teams SET name = coalesce(?3, name), metadata = coalesce(?4, metadata), updated_at = ?1,
							limits = json_patch(limits, ?5), budgets = coalesce(?6, budgets),
							payloads = CASE WHEN ?9 IS NULL THEN payloads ELSE nullif(?9, 'null') END,
							self_service = CASE WHEN ?10 IS NULL THEN self_service ELSE nullif(?10, 'null') END,
							version = CASE WHEN ?7 THEN ${NEXT_VERSION} ELSE version END
						WHERE id = ?2 AND version = ?8 RETURNING ${COLUMNS}`,
					)
					.bind(
						now,
						id,
						name,
						metadata === undefined ? null : JSON.stringify(metadata),
						JSON.stringify(limits ?? {}),
						revised,
						governs ? 1 : 0,
						before.version,
						payloads === undefined ? null : JSON.stringify(payloads),
						selfService === undefined ? null : JSON.stringify(selfService),
					),
				// Also when the change was overtaken: then a key's object looks at the registry once for nothing.
				...(governs
					? [
							db
								.prepare(`UPDATE api_keys SET version = ${NEXT_VERSION} WHERE team_id = ?2 AND revoked_at IS NULL`)
								.bind(now, id),
						]
					: []),
			]);
			const row = update?.results[0];
			return row === undefined ? "overtaken" : v.parse(TeamRow, row);
		});
	});
}
