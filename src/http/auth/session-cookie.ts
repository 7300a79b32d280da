// The cookie of a person who is signed in to the console.

/** How long a session lasts, in seconds: a week. */
export const SESSION_S = 604_800;
const SECURE_NAME = "__Host-tollgate";
/** Browsers keep a `__Host-` cookie over https alone, and the local environment has none. */
const LOCAL_NAME = "tollgate";

/** The cookie's text; null without one. */
export function sessionText(headers: Headers, url: URL): string | null {
	const wanted = nameAt(url);
	for (const part of (headers.get("cookie") ?? "").split(";")) {
		const [name, ...rest] = part.trim().split("=");
		if (name === wanted) return rest.join("=");
	}
	return null;
}

/** The header that sets it, for `seconds`; 0 takes it away. */
export function sessionCookie(text: string, seconds: number, url: URL): string {
	const secure = url.protocol === "https:" ? "; Secure" : "";
	return `${nameAt(url)}=${text}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}

/** Whether a request was made by a page of this origin: else another site may be using the person's cookie. */
export function isSameOrigin({ method, headers }: Request, url: URL): boolean {
	if (method === "GET" || method === "HEAD") return true;
	const site = headers.get("sec-fetch-site");
	return site === null ? headers.get("origin") === url.origin : site === "same-origin";
}

function nameAt(url: URL): string {
	return url.protocol === "https:" ? SECURE_NAME : LOCAL_NAME;
}
