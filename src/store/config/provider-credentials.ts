// Credentials of providers in D1, sealed.
import * as v from "valibot";
import type { CredentialId } from "#core/ids";
import { type Author, audited } from "#store/d1/audit";
import { Millis, Version } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { unseal } from "#store/d1/sealed";

/** A vendor account that an admin added to a provider. Times in milliseconds since the epoch. */
export interface StoredCredential {
	readonly id: CredentialId;
	/** The id of an added provider, or the name of a built-in one. */
	readonly provider: string;
	readonly name: string;
	/** Sealed for this id, version and the origin that it may be sent to. */
	readonly sealed: string;
	readonly last4: string;
	/** Its part of the provider's traffic, relative to the others. */
	readonly weight: number;
	readonly disabled: boolean;
	/** Rises with every change. */
	readonly version: number;
	readonly createdAt: number;
	readonly updatedAt: number;
}

const CredentialRow = v.pipe(
	v.object({
		id: v.string(),
		provider: v.string(),
		name: v.string(),
		sealed: v.string(),
		last4: v.string(),
		weight: v.pipe(v.number(), v.gtValue(0)),
		disabled: v.picklist([0, 1]),
		version: Version,
		created_at: Millis,
		updated_at: Millis,
	}),
	v.transform(
		(row): StoredCredential => ({
			id: row.id as CredentialId,
			provider: row.provider,
			name: row.name,
			sealed: row.sealed,
			last4: row.last4,
			weight: row.weight,
			disabled: row.disabled === 1,
			version: row.version,
			createdAt: row.created_at,
			updatedAt: row.updated_at,
		}),
	),
);

const COLUMNS = "id, provider, name, sealed, last4, weight, disabled, version, created_at, updated_at";

/** Reads all of them, oldest first. To be run in a batch; `credentialsOf` decodes its result. */
export function selectCredentials(db: D1Database): D1PreparedStatement {
	return db.prepare(`SELECT ${COLUMNS} FROM provider_credentials ORDER BY provider, id`);
}

export function credentialsOf(result: D1Result | undefined): StoredCredential[] {
	return v.parse(v.array(CredentialRow), result?.results);
}

/** Those of one provider, oldest first. Throws `DatabaseUnavailable`, as all of these do. */
export function listCredentials(db: D1Database, provider: string): Promise<StoredCredential[]> {
	return inDatabase(async () => {
		const statement = db.prepare(`SELECT ${COLUMNS} FROM provider_credentials WHERE provider = ? ORDER BY id`);
		return credentialsOf(await statement.bind(provider).all());
	});
}

/** As it stands in the audit: nothing of the secret but its end. */
const SNAPSHOT = `
	SELECT json_object('provider', provider, 'name', name, 'last4', last4, 'weight', weight,
		'disabled', json(iif(disabled, 'true', 'false')), 'version', version)
	FROM provider_credentials WHERE id = ?1`;

/** `added` is false for a built-in provider. Answers false when an added provider is no more. */
export function createCredential(
	db: D1Database,
	credential: StoredCredential,
	added: boolean,
	author: Author,
): Promise<boolean> {
	const statement = db
		.prepare(
			`INSERT INTO provider_credentials (${COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
			WHERE ?11 = 0 OR EXISTS (SELECT 1 FROM providers WHERE id = ?2)`,
		)
		.bind(...values(credential), added ? 1 : 0);
	return change(db, credential.id, "create", author, statement);
}

/** Puts a changed credential in place of the version before it. False when another change came first, or a removal. */
export function replaceCredential(
	db: D1Database,
	credential: StoredCredential,
	before: number,
	author: Author,
): Promise<boolean> {
	const { id, name, sealed, weight, disabled, version, updatedAt } = credential;
	const statement = db
		.prepare(
			`UPDATE provider_credentials SET name = ?2, sealed = ?3, weight = ?4, disabled = ?5, version = ?6, updated_at = ?7
			WHERE id = ?1 AND version = ?8`,
		)
		.bind(id, name, sealed, weight, disabled ? 1 : 0, version, updatedAt, before);
	return change(db, id, "update", author, statement);
}

/** False when there was no such credential. */
export function deleteCredential(db: D1Database, { id }: StoredCredential, author: Author): Promise<boolean> {
	const statement = db.prepare("DELETE FROM provider_credentials WHERE id = ?").bind(id);
	return change(db, id, "delete", author, statement);
}

/** The secret to send upstream. `origin` is where it would be sent. Throws `SealError`. */
export function secretOf(credential: StoredCredential, origin: string, gatewaySecret: string): Promise<string> {
	return unseal(gatewaySecret, credential.sealed, credentialBinding(credential, origin));
}

/** What a credential is sealed for. */
export function credentialBinding({ id, version }: Pick<StoredCredential, "id" | "version">, origin: string) {
	return { recordId: id, version, origin };
}

/** Whether the statement changed anything. */
function change(
	db: D1Database,
	id: CredentialId,
	action: string,
	author: Author,
	statement: D1PreparedStatement,
): Promise<boolean> {
	return inDatabase(async () => {
		const subject = { kind: "credential", id, action, snapshot: SNAPSHOT } as const;
		const [result] = await audited(db, author, subject, [statement]);
		return result !== undefined && result.meta.changes > 0;
	});
}

function values(credential: StoredCredential): (string | number)[] {
	return [
		credential.id,
		credential.provider,
		credential.name,
		credential.sealed,
		credential.last4,
		credential.weight,
		credential.disabled ? 1 : 0,
		credential.version,
		credential.createdAt,
		credential.updatedAt,
	];
}
