// Has one object ship what it owes, by the name that its rows carry.
import type { KeyId, ProviderName, TeamId } from "#core/ids";
import type { Swept } from "#core/usage/owed";
import type { Env } from "#env";
import { KeyClient } from "#objects/key-client";
import { ProviderClient } from "#objects/provider-client";
import { TeamClient } from "#objects/team-client";

/**
 * Has an object, named as `key/<id>`, `team/<id>` or `provider/<name>`, ship what it owes. Throws when it is not
 * reached.
 */
export async function touch({ API_KEYS, TEAMS, PROVIDERS }: Env, object: string): Promise<Swept> {
	const { kind, name } = partsOf(object);
	switch (kind) {
		case "key":
			return new KeyClient(API_KEYS, name as KeyId).sweep();
		case "team":
			return new TeamClient(TEAMS, name as TeamId).sweep();
		case "provider":
			return new ProviderClient(PROVIDERS, name as ProviderName).sweep();
		default:
			throw new Error(`there are no such objects: ${kind}`);
	}
}

export function partsOf(object: string): { readonly kind: string; readonly name: string } {
	const [kind = "", name = ""] = object.split(/\/(.*)/);
	return { kind, name };
}
