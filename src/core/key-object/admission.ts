// What the isolate asks a key's object before it serves a request.
import type { SecretId } from "#core/ids";
import type { KeyState } from "#core/key/key";

/** What the Worker asks a key's object at each request: may the holder of this secret go on, knowing this version? */
export interface AdmissionRequest {
	readonly secretId: SecretId;
	readonly version: number;
}

export type RefusalReason = "unknown" | "revoked" | "rotated" | "expired";

/** The object's answer. `stale` admits as `ok` does, under what is in force now. */
export type Admission =
	| { readonly outcome: "ok" }
	| { readonly outcome: "stale"; readonly current: KeyState }
	| { readonly outcome: "refused"; readonly reason: RefusalReason }
	/** The object cannot know what is in force, because the registry does not answer. */
	| { readonly outcome: "unavailable" };
