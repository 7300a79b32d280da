import type { Served } from "../gateway/chat";

/** Says who served a request and how it went, on answers and errors alike. */
export function servedHeaders(served: Served, receivedAt: number, now: number): Record<string, string> {
	const gateway = Math.max(0, now - receivedAt - served.upstreamMs);
	return {
		"x-tollgate-provider": served.provider,
		"x-tollgate-model": headerText(served.model),
		"x-tollgate-attempts": served.attempts.join(","),
		"server-timing": `upstream;dur=${served.upstreamMs}, gw;dur=${gateway}`,
		...(served.simulated && { "x-tollgate-simulated": "true" }),
		...(served.dropped.length > 0 && { "x-tollgate-dropped": headerText(served.dropped.join(",")) }),
	};
}

/** Field names are the caller's text: only what a header may hold is written. */
function headerText(text: string): string {
	return text.replace(/[^\x21-\x7e]/g, "?").slice(0, 1024);
}
