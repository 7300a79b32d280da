import type { Env } from "../env";
import { askObject } from "../store/object-call";

/** How long an object may take to ship what it owes, in milliseconds. */
const DEADLINE_MS = 60_000;

/** Has an object, named as `key/<id>`, ship what it owes; returns whether it owes nothing more. Throws when it is not reached. */
export async function touch({ API_KEYS }: Env, object: string): Promise<boolean> {
	const [kind = "", name = ""] = object.split(/\/(.*)/);
	if (kind !== "key") throw new Error(`there are no such objects: ${kind}`);
	const backlog = await askObject(
		object,
		DEADLINE_MS,
		() => API_KEYS.getByName(name),
		async (stub) => await stub.sweep(),
	);
	return backlog.weight === 0;
}
