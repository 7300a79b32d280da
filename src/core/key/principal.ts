// Who is calling, once admitted.
import type { KeyId, TeamId } from "#core/ids";
import type { KeyPolicy } from "./policy";

/** Who is calling: the key that was presented, admitted by its object. */
export interface Principal {
	readonly keyId: KeyId;
	readonly teamId: TeamId;
	readonly name: string;
	/** Last four characters of the presented key, for messages. */
	readonly last4: string;
	/** In force at this request, as the key's object said. */
	readonly policy: KeyPolicy;
}
