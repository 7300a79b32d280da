// Which face's envelope an error is written in, by the path.
import type { Face } from "#faces/face";
import { openaiChat } from "#faces/openai-chat/index";
import type { Route } from "./call";

/**
 * The face in whose envelope an error at a path is written: the one that is served there or above, so that its clients
 * understand what went wrong before any handler ran. Everywhere else, OpenAI's. `path` is in normal form.
 */
export function faceAt(path: string, headers: Headers, routes: readonly Route[]): Face {
	let face: Face = openaiChat;
	let longest = 0;
	for (const route of routes) {
		if (!("face" in route) || route.face === undefined) continue;
		// What is served below a parameter is spoken to as what stands before it.
		const above = route.path.split("/:", 1)[0] ?? route.path;
		if (above.length <= longest || (path !== above && !path.startsWith(`${above}/`))) continue;
		face = typeof route.face === "function" ? route.face(headers, path) : route.face;
		longest = above.length;
	}
	return face;
}
