// A request as a command that sends it again.
import type { WholeRequest } from "~/api/types";

/** Where each face is spoken to. A vendor's own API has paths that the log does not keep. */
const PATHS: Readonly<Record<string, string>> = {
	chat: "/v1/chat/completions",
	completions: "/v1/completions",
	messages: "/v1/messages",
	responses: "/v1/responses",
	embeddings: "/v1/embeddings",
	images: "/v1/images/generations",
	moderations: "/v1/moderations",
	rerank: "/v1/rerank",
};

/**
 * Null where it cannot be told. `sent` is the body where it was kept, else what is known of it. The key stands for
 * itself: its text is nowhere.
 */
export function asCurl(request: WholeRequest, sent: unknown, origin: string): string | null {
	const path = PATHS[request.face ?? ""];
	if (path === undefined) return null;
	const known = { model: request.requested_model, ...(request.stream === true && { stream: true }) };
	const body = JSON.stringify(sent ?? known, null, 2);
	const labels =
		Object.keys(request.metadata ?? {}).length > 0 ? [["x-tollgate-metadata", JSON.stringify(request.metadata)]] : [];
	const headers = [
		["content-type", "application/json"],
		...(request.session === null ? [] : [["x-tollgate-session", request.session]]),
		...labels,
	];
	return [
		`curl ${origin}${path}`,
		'-H "authorization: Bearer $TOLLGATE_API_KEY"',
		...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
		`-d ${quoted(body)}`,
	].join(" \\\n  ");
}

/** For a shell: nothing in it means anything. */
function quoted(text: string): string {
	return `'${text.replaceAll("'", `'"'"'`)}'`;
}
