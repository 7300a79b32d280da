// Jobs that make videos, in D1.
import * as v from "valibot";
import type { HoldToken } from "#core/budget/budget";
import type { CredentialId, KeyId, ProviderName, TeamId } from "#core/ids";
import { type BegunVideo, VIDEO_STATUSES, type VideoState } from "#core/videos/videos";
import { Integer, Millis, NanoDollars } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

/** A job as it began. Times in milliseconds since the epoch, amounts in nano-dollars. */
interface NewVideo extends Omit<BegunVideo, "file"> {
	readonly id: string;
	readonly teamId: TeamId;
	readonly keyId: KeyId;
	readonly provider: ProviderName;
	readonly credential: CredentialId;
	readonly attemptId: string;
	/** Null where no budget held money. */
	readonly token: HoldToken | null;
	/** The full price; null where none is known. */
	readonly charged: number | null;
	readonly createdAt: number;
}

export interface StoredVideo extends NewVideo, BegunVideo {
	readonly state: Pick<VideoState, "status" | "progress" | "error">;
	/** Once it is over. */
	readonly actual: number | null;
	readonly completedAt: number | null;
	/** When its provider was last asked. */
	readonly askedAt: number;
	/** When the clock asks next; null once its cost is booked. */
	readonly askAt: number | null;
}

function id<T extends string>() {
	return v.custom<T>((value) => typeof value === "string");
}

const TokenSchema: v.GenericSchema<unknown, HoldToken> = v.object({
	attemptId: v.string(),
	amount: NanoDollars,
	lines: v.array(v.object({ budgetId: v.string(), endUser: v.string(), window: Millis })),
});

const VideoRow = v.pipe(
	v.object({
		id: v.string(),
		team_id: id<TeamId>(),
		key_id: id<KeyId>(),
		provider: id<ProviderName>(),
		credential: id<CredentialId>(),
		model: v.string(),
		upstream_id: v.string(),
		attempt_id: v.string(),
		token: v.nullable(v.pipe(v.string(), v.parseJson(), TokenSchema)),
		seconds: Integer,
		size: v.string(),
		charged: v.nullable(NanoDollars),
		actual: v.nullable(NanoDollars),
		status: v.picklist(VIDEO_STATUSES),
		progress: v.nullable(Integer),
		error: v.nullable(v.pipe(v.string(), v.parseJson(), v.object({ code: v.string(), message: v.string() }))),
		file: v.nullable(v.string()),
		created_at: Millis,
		completed_at: v.nullable(Millis),
		asked_at: Millis,
		ask_at: v.nullable(Millis),
	}),
	v.transform(
		(row): StoredVideo => ({
			id: row.id,
			teamId: row.team_id,
			keyId: row.key_id,
			provider: row.provider,
			credential: row.credential,
			model: row.model,
			upstreamId: row.upstream_id,
			attemptId: row.attempt_id,
			token: row.token,
			seconds: row.seconds,
			size: row.size,
			charged: row.charged,
			actual: row.actual,
			state: { status: row.status, progress: row.progress, error: row.error },
			file: row.file,
			createdAt: row.created_at,
			completedAt: row.completed_at,
			askedAt: row.asked_at,
			askAt: row.ask_at,
		}),
	),
);
const COLUMNS = Object.keys(VideoRow.pipe[0].entries).join(", ");

/** Remembers a job; `askAt` is when the clock first asks about it. Throws `DatabaseUnavailable`. */
export function keepVideo(db: D1Database, video: NewVideo, askAt: number): Promise<void> {
	return inDatabase(async () => {
		await db
			.prepare(
				`INSERT INTO videos (id, team_id, key_id, provider, credential, model, upstream_id, attempt_id, token, seconds,
					size, charged, status, created_at, asked_at, ask_at)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'queued', ?13, ?13, ?14) ON CONFLICT DO NOTHING`,
			)
			.bind(
				video.id,
				video.teamId,
				video.keyId,
				video.provider,
				video.credential,
				video.model,
				video.upstreamId,
				video.attemptId,
				video.token === null ? null : JSON.stringify(video.token),
				video.seconds,
				video.size,
				video.charged,
				video.createdAt,
				askAt,
			)
			.run();
	});
}

/** A job of a team's; null when it has none of that id. Throws `DatabaseUnavailable`. */
export function findVideo(db: D1Database, teamId: TeamId, videoId: string): Promise<StoredVideo | null> {
	return inDatabase(async () => {
		const query = `SELECT ${COLUMNS} FROM videos WHERE id = ? AND team_id = ? AND deleted = 0`;
		const row = await db.prepare(query).bind(videoId, teamId).first();
		return row === null ? null : v.parse(VideoRow, row);
	});
}

/** A team's jobs in order, those behind the id `after`, one more than `limit` where there are more. */
export function listVideos(
	db: D1Database,
	teamId: TeamId,
	{ after, limit, order }: { readonly after: string | null; readonly limit: number; readonly order: "asc" | "desc" },
): Promise<StoredVideo[]> {
	const isNewestFirst = order === "desc";
	// No id begins with a tilde.
	const from = after ?? (isNewestFirst ? "~" : "");
	return inDatabase(async () => {
		const query = `SELECT ${COLUMNS} FROM videos WHERE team_id = ? AND deleted = 0 AND id ${isNewestFirst ? "<" : ">"} ?
			ORDER BY id ${order} LIMIT ?`;
		const { results } = await db
			.prepare(query)
			.bind(teamId, from, limit + 1)
			.all();
		return v.parse(v.array(VideoRow), results);
	});
}

/** The jobs that the clock has to ask about, the longest due first. Throws `DatabaseUnavailable`. */
export function dueVideos(db: D1Database, now: number, limit: number): Promise<StoredVideo[]> {
	return inDatabase(async () => {
		const query = `SELECT ${COLUMNS} FROM videos WHERE ask_at <= ? ORDER BY ask_at LIMIT ?`;
		const { results } = await db.prepare(query).bind(now, limit).all();
		return v.parse(v.array(VideoRow), results);
	});
}

/** Takes the right to ask about a job; false when somebody else has asked since it was read. */
export function claimVideo(db: D1Database, video: StoredVideo, now: number, askAt: number): Promise<boolean> {
	return inDatabase(async () => {
		const query = "UPDATE videos SET asked_at = ?, ask_at = ? WHERE id = ? AND asked_at = ? AND ask_at IS NOT NULL";
		const { meta } = await db.prepare(query).bind(now, askAt, video.id, video.askedAt).run();
		return meta.changes > 0;
	});
}

/** Writes down how a job stands. One that is over stays as it is. Throws `DatabaseUnavailable`. */
export function recordState(db: D1Database, { id: videoId, state, ...video }: StoredVideo): Promise<void> {
	return inDatabase(async () => {
		await db
			.prepare(
				`UPDATE videos SET status = ?, progress = ?, error = ?, file = ?, actual = ?, completed_at = ?
				WHERE id = ? AND completed_at IS NULL`,
			)
			.bind(
				state.status,
				state.progress,
				state.error === null ? null : JSON.stringify(state.error),
				video.file,
				video.actual,
				video.completedAt,
				videoId,
			)
			.run();
	});
}

/** The cost of a job is booked, or will never be known: the clock asks no more. Throws `DatabaseUnavailable`. */
export function closeVideo(db: D1Database, videoId: string): Promise<void> {
	return inDatabase(async () => {
		await db.prepare("UPDATE videos SET ask_at = NULL WHERE id = ?").bind(videoId).run();
	});
}

/** Hides a job from its team; its cost is still booked. Throws `DatabaseUnavailable`. */
export function hideVideo(db: D1Database, videoId: string): Promise<void> {
	return inDatabase(async () => {
		await db.prepare("UPDATE videos SET deleted = 1 WHERE id = ?").bind(videoId).run();
	});
}

/** Forgets jobs that began before a time. Returns how many went. Throws what D1 throws. */
export async function forgetVideos(db: D1Database, before: number, most: number): Promise<number> {
	const old = "SELECT id FROM videos WHERE id < ? ORDER BY id LIMIT ?";
	const first = `video_${before.toString(16).padStart(12, "0")}`;
	return (await db.prepare(`DELETE FROM videos WHERE id IN (${old})`).bind(first, most).run()).meta.changes;
}
