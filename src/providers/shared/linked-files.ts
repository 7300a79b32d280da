// Files that a request names by a link, which few vendors follow.
import type { Model } from "#catalog/model";
import type { Message } from "#core/chat/chat";
import { unsupportedParameter } from "#core/errors";

export function hasLinkedFile(messages: readonly Message[]): boolean {
	return linkedFile(messages) !== null;
}

/** Throws `GatewayError` 400 for the first link to a file, for a protocol that has no form for one. */
export function refuseLinkedFiles(messages: readonly Message[], model: Model): void {
	const path = linkedFile(messages);
	if (path === null) return;
	throw unsupportedParameter(
		path,
		`${model.provider}/${model.id} does not follow links to files; send the file as a data URL in \`file_data\``,
	);
}

/** The path of the first; null for none. */
function linkedFile(messages: readonly Message[]): string | null {
	for (const [at, { content }] of messages.entries()) {
		if (!Array.isArray(content)) continue;
		for (const [index, part] of content.entries()) {
			if (part.type === "file" && part.file.file_url !== undefined)
				return `messages[${at}].content[${index}].file.file_url`;
		}
	}
	return null;
}
