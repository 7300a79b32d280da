import type { Env } from "../env";
import { askObject, type Objects } from "../store/object-call";

/** How long an object may take to ship what it owes, in milliseconds. */
const DEADLINE_MS = 60_000;

/** What an object says after it shipped what it owed. */
export interface Swept {
	/** Records that it owes still. */
	readonly weight: number;
	/** When the oldest of them was stored, in milliseconds since the epoch; null when it owes none. */
	readonly oldestAt: number | null;
	/** What D1 ever confirmed to it. */
	readonly acknowledged: { readonly entries: number; readonly cost: number };
}

/** Has an object, named as `key/<id>`, `team/<id>` or `provider/<name>`, ship what it owes. Throws when it is not reached. */
export async function touch({ API_KEYS, TEAMS, PROVIDERS }: Env, object: string): Promise<Swept> {
	const { kind, name } = partsOf(object);
	const all: Record<string, Objects<{ sweep(): Promise<Swept> }>> = { key: API_KEYS, team: TEAMS, provider: PROVIDERS };
	const objects = Object.hasOwn(all, kind) ? all[kind] : undefined;
	if (objects === undefined) throw new Error(`there are no such objects: ${kind}`);
	return askObject(objects, name, DEADLINE_MS, async (one) => await one.sweep());
}

export function partsOf(object: string): { readonly kind: string; readonly name: string } {
	const [kind = "", name = ""] = object.split(/\/(.*)/);
	return { kind, name };
}
