import * as v from "valibot";
import type { TeamId } from "../core/ids";
import { Instant } from "./key-schemas";
import { registry } from "./registry";

/** Times in milliseconds since the epoch. */
export interface StoredTeam {
	readonly id: TeamId;
	readonly name: string;
	readonly metadata: Record<string, string>;
	readonly createdAt: number;
	readonly updatedAt: number;
}

export interface TeamChanges {
	readonly name?: string;
	readonly metadata?: Record<string, string>;
}

const TeamRow = v.pipe(
	v.object({
		id: v.string(),
		name: v.string(),
		metadata: v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string())),
		created_at: Instant,
		updated_at: Instant,
	}),
	v.transform(
		(row): StoredTeam => ({
			id: row.id as TeamId,
			name: row.name,
			metadata: row.metadata,
			createdAt: row.created_at,
			updatedAt: row.updated_at,
		}),
	),
);

const COLUMNS = "id, name, metadata, created_at, updated_at";

/** Throws `RegistryError`, as all of these do. */
export async function createTeam(
	db: D1Database,
	team: Pick<StoredTeam, "id" | "name" | "metadata">,
	now: number,
): Promise<StoredTeam> {
	return registry(async () => {
		const row = await db
			.prepare(
				`INSERT INTO teams (id, name, metadata, created_at, updated_at) VALUES (?2, ?3, ?4, ?1, ?1)
				RETURNING ${COLUMNS}`,
			)
			.bind(now, team.id, team.name, JSON.stringify(team.metadata))
			.first();
		return v.parse(TeamRow, row);
	});
}

/** Null when there is no such team. */
export function findTeam(db: D1Database, id: TeamId): Promise<StoredTeam | null> {
	return registry(async () => {
		const row = await db.prepare(`SELECT ${COLUMNS} FROM teams WHERE id = ?`).bind(id).first();
		return row === null ? null : v.parse(TeamRow, row);
	});
}

/** One page, newest first, and whether more follow. `after` is the id of the last team of the page before. */
export function listTeams(
	db: D1Database,
	page: { after: string | null; limit: number },
): Promise<{ teams: StoredTeam[]; more: boolean }> {
	return registry(async () => {
		const { results } = await db
			.prepare(`SELECT ${COLUMNS} FROM teams WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2`)
			.bind(page.after, page.limit + 1)
			.all();
		const teams = v.parse(v.array(TeamRow), results);
		return { teams: teams.slice(0, page.limit), more: teams.length > page.limit };
	});
}

/** Null when there is no such team. */
export function updateTeam(db: D1Database, id: TeamId, changes: TeamChanges, now: number): Promise<StoredTeam | null> {
	return registry(async () => {
		const row = await db
			.prepare(
				`UPDATE teams SET name = coalesce(?3, name), metadata = coalesce(?4, metadata), updated_at = ?1
				WHERE id = ?2 RETURNING ${COLUMNS}`,
			)
			.bind(now, id, changes.name ?? null, changes.metadata === undefined ? null : JSON.stringify(changes.metadata))
			.first();
		return row === null ? null : v.parse(TeamRow, row);
	});
}
