import type { Env } from "../env";
import { askObject } from "../store/object-call";

/** How long an object may take to ship what it owes, in milliseconds. */
const DEADLINE_MS = 60_000;

/** Has an object, named as `key/<id>`, ship what it owes; returns whether it owes nothing more. Throws when it is not reached. */
export async function touch({ API_KEYS, TEAMS, PROVIDERS }: Env, object: string): Promise<boolean> {
	const [kind = "", name = ""] = object.split(/\/(.*)/);
	const stub = (): Sweepable => {
		if (kind === "key") return API_KEYS.getByName(name);
		if (kind === "team") return TEAMS.getByName(name);
		if (kind === "provider") return PROVIDERS.getByName(name);
		throw new Error(`there are no such objects: ${kind}`);
	};
	const { weight } = await askObject(object, DEADLINE_MS, stub, async (one) => await one.sweep());
	return weight === 0;
}

/** What every object that owes something can be asked. */
interface Sweepable {
	sweep(): Promise<{ readonly weight: number }>;
}
