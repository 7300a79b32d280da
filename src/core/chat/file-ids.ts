// Finds the files of the caller's team that a conversation names.
import { isFileId } from "#core/files/file";
import type { FileId } from "#core/ids";
import type { ChatRequest } from "./chat";

/** The gateway's own ids of files that the parts of a conversation name, each once. */
export function fileIdsOf({ messages }: Pick<ChatRequest, "messages">): readonly FileId[] {
	const ids = new Set<FileId>();
	for (const { content } of messages) {
		if (!Array.isArray(content)) continue;
		for (const part of content) if (part.type === "file" && isFileId(part.file.file_id)) ids.add(part.file.file_id);
	}
	return [...ids];
}
