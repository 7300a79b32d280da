// Registers a key whose text is fixed, which the admin API never does.
import { type KeyId, newId, type TeamId } from "#core/ids";
import { inDatabase } from "#store/d1/database";
import { digestKey } from "#store/keys/key-digest";

/** A key whose text is known beforehand, with its team. */
interface Seed {
	readonly teamId: TeamId;
	readonly teamName: string;
	readonly keyId: KeyId;
	readonly keyName: string;
	/** The key's text. */
	readonly secret: string;
}

/**
 * Registers a fixed key, for environments that bring one. Repeating it changes nothing, not even what an admin did to
 * the key meanwhile; another text becomes a further secret of the same key. Throws `DatabaseUnavailable`.
 */
export async function seedKey(db: D1Database, pepper: string, seed: Seed, now: number): Promise<void> {
	const digest = digestKey(seed.secret, pepper);
	const secretId = newId("sec", now, crypto.randomUUID());
	await inDatabase(() =>
		db.batch([
			db
				.prepare(
					`INSERT INTO teams (id, name, metadata, created_at, updated_at) VALUES (?2, ?3, '{}', ?1, ?1)
					ON CONFLICT (id) DO NOTHING`,
				)
				.bind(now, seed.teamId, seed.teamName),
			db
				.prepare(
					`INSERT INTO api_keys (id, team_id, name, policy, metadata, version, created_at, updated_at)
					VALUES (?2, ?3, ?4, '{}', '{}', ?1, ?1, ?1) ON CONFLICT (id) DO NOTHING`,
				)
				.bind(now, seed.keyId, seed.teamId, seed.keyName),
			// The key's object looks at the registry again when it meets a later version, and so learns of the new secret.
			db
				.prepare(
					`UPDATE api_keys SET version = max(version + 1, ?1)
					WHERE id = ?2 AND NOT EXISTS (SELECT 1 FROM api_key_secrets WHERE digest = ?3)`,
				)
				.bind(now, seed.keyId, digest),
			db
				.prepare(
					`INSERT INTO api_key_secrets (digest, id, key_id, prefix, last4, created_at) VALUES (?2, ?3, ?4, '', ?5, ?1)
					ON CONFLICT (digest) DO NOTHING`,
				)
				.bind(now, digest, secretId, seed.keyId, seed.secret.slice(-4)),
		]),
	);
}
