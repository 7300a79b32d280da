// The edge copies of keys' records, in KV.
import * as v from "valibot";
import type { KeyRecord } from "#core/key/key";
import { KeyRecordSchema } from "./key-schemas";

/** Seconds that a location may answer from its own copy. A change is in force before: the key's object decides. */
const CACHE_SECONDS = 60;
/** Seconds after which a copy is fetched from the registry again, so that no lost write is lost for good. */
const LIFE_SECONDS = 24 * 60 * 60;

/** The number rises when the record's shape does, so that releases side by side do not read each other's copies. */
function keyName(digest: string): string {
	return `key/1/${digest}`;
}

const Stored = v.pipe(v.string(), v.parseJson(), KeyRecordSchema);

/**
 * The edge copy; null when there is none or it cannot be read, and the caller must ask the registry. Throws when KV
 * fails.
 */
export async function readKeyRecord(kv: KVNamespace, digest: string): Promise<KeyRecord | null> {
	const text = await kv.get(keyName(digest), { cacheTtl: CACHE_SECONDS });
	const parsed = v.safeParse(Stored, text);
	return parsed.success ? parsed.output : null;
}

export function writeKeyRecord(kv: KVNamespace, digest: string, record: KeyRecord): Promise<void> {
	return kv.put(keyName(digest), JSON.stringify(record), { expirationTtl: LIFE_SECONDS });
}
