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
		if (!("face" in route) || route.face === undefined || route.path.length <= longest) continue;
		if (path !== route.path && !path.startsWith(`${route.path}/`)) continue;
		face = typeof route.face === "function" ? route.face(headers) : route.face;
		longest = route.path.length;
	}
	return face;
}
