// Calls the admin API inside workerd.
import { ADMIN_TOKEN, send } from "#test/worker/gateway";

export { ADMIN_TOKEN };

/** An answer of the admin API, read. */
export interface Answer {
	status: number;
	// The tests check the shape; the client does not know it.
	body: Record<string, unknown>;
	text: string;
	headers: Headers;
}

/** Calls the admin API as the local admin. */
export async function admin(method: string, path: string, body?: unknown): Promise<Answer> {
	return read(
		await send(`http://localhost/admin${path}`, {
			method,
			headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
			...(body !== undefined && { body: JSON.stringify(body) }),
		}),
	);
}

/** Calls a route that any valid key may call. */
export async function listModels(headers: Record<string, string>): Promise<Answer> {
	return read(await send("http://localhost/v1/models", { headers }));
}

export async function read(response: Response): Promise<Answer> {
	const text = await response.text();
	return { status: response.status, body: JSON.parse(text), text, headers: response.headers };
}

export function errorOf(answer: Answer): Record<string, unknown> {
	return answer.body.error as Record<string, unknown>;
}

export interface IssuedKey {
	id: string;
	key: string;
	teamId: string;
}

/** A new key in a new team, with the given policy fields. */
export async function issueKey(fields: Record<string, unknown> = {}): Promise<IssuedKey> {
	const team = await admin("POST", "/teams", { name: "a team" });
	const answer = await admin("POST", "/keys", { team_id: team.body.id, name: "a key", ...fields });
	if (answer.status !== 201) throw new Error(`no key was issued: ${answer.text}`);
	return { id: String(answer.body.id), key: String(answer.body.key), teamId: String(team.body.id) };
}
