// What callers see of the files that their team keeps, in OpenAI's shape.
import * as v from "valibot";
import type { StoredFile } from "#core/files/file";
import type { Shown } from "#http/views/shown";

const Seconds = v.pipe(v.number(), v.integer(), v.description("seconds since the epoch"));

export const FileView = v.object({
	id: v.string(),
	object: v.literal("file"),
	bytes: v.pipe(v.number(), v.integer()),
	created_at: Seconds,
	expires_at: v.pipe(v.nullable(Seconds), v.description("null where it is kept until it is deleted")),
	filename: v.string(),
	purpose: v.string(),
	status: v.literal("processed"),
	provider: v.pipe(v.string(), v.description("whose account keeps it, and where alone it can be used")),
});

export const FilesView = v.object({
	object: v.literal("list"),
	data: v.array(FileView),
	first_id: v.nullable(v.string()),
	last_id: v.nullable(v.string()),
	has_more: v.boolean(),
});

export const DeletedFileView = v.object({ id: v.string(), object: v.literal("file"), deleted: v.literal(true) });

export function renderFile(file: StoredFile): Shown<typeof FileView> {
	const { id, bytes, createdAt, expiresAt, filename, purpose, provider } = file;
	return {
		id,
		object: "file",
		bytes,
		created_at: Math.floor(createdAt / 1000),
		expires_at: expiresAt === null ? null : Math.floor(expiresAt / 1000),
		filename,
		purpose,
		status: "processed",
		provider,
	};
}
