// The routes of the faces: which face is spoken at which path.
import type { Face } from "#faces/face";
import { openaiChat } from "#faces/openai-chat/index";
import type { Route } from "#http/call";
import { serve } from "#http/serve/serve";

/** What clients can speak, and where. */
export const faceRoutes: Route[] = [served("/v1/chat/completions", openaiChat)];

function served(path: string, face: Face): Route {
	return { method: "POST", path, access: "spend", face, handle: serve(face) };
}
