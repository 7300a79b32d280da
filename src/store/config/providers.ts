// Providers that admins added, in D1.
import * as v from "valibot";
import type { WrittenModel } from "#catalog/catalog";
import type { ProviderName } from "#core/ids";
import { PROTOCOLS, type Protocol } from "#core/protocol";
import { type Author, audited } from "#store/d1/audit";
import { Millis, Version } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { unseal } from "#store/d1/sealed";
import { removeDocument, removeDocuments } from "./documents";
import { removeSync } from "./model-syncs";

/** An upstream account that an admin added. Times in milliseconds since the epoch. */
export interface StoredProvider {
	readonly name: ProviderName;
	/** Tells it from an earlier provider of the same name. */
	readonly id: string;
	readonly baseUrl: string;
	readonly protocol: Protocol;
	/** In lower case; null for the protocol's own. */
	readonly credentialHeader: string | null;
	/** The preset that it was made from, which knows its quirks; null for none. */
	readonly preset: string | null;
	/** As the admin wrote them. */
	readonly writtenModels: readonly WrittenModel[];
	/** Sealed for this id, version and the base URL's origin; null when the upstream takes none. */
	readonly credential: string | null;
	readonly disabled: boolean;
	/** Rises with every change. */
	readonly version: number;
	readonly createdAt: number;
	readonly updatedAt: number;
}

const ProviderRow = v.pipe(
	v.object({
		name: v.string(),
		id: v.string(),
		base_url: v.pipe(v.string(), v.url()),
		protocol: v.picklist(PROTOCOLS),
		credential_header: v.nullable(v.string()),
		preset: v.nullable(v.string()),
		models: v.pipe(v.string(), v.parseJson(), v.array(v.record(v.string(), v.unknown()))),
		credential: v.nullable(v.string()),
		disabled: v.picklist([0, 1]),
		version: Version,
		created_at: Millis,
		updated_at: Millis,
	}),
	v.transform(
		(row): StoredProvider => ({
			name: row.name as ProviderName,
			id: row.id,
			baseUrl: row.base_url,
			protocol: row.protocol,
			credentialHeader: row.credential_header,
			preset: row.preset,
			writtenModels: row.models,
			credential: row.credential,
			disabled: row.disabled === 1,
			version: row.version,
			createdAt: row.created_at,
			updatedAt: row.updated_at,
		}),
	),
);

const COLUMNS =
	"name, id, base_url, models, credential, disabled, version, created_at, updated_at, protocol, credential_header, preset";

/** Reads all of them by name, disabled ones too. To be run in a batch; `providersOf` decodes its result. */
export function selectProviders(db: D1Database): D1PreparedStatement {
	return db.prepare(`SELECT ${COLUMNS} FROM providers ORDER BY name`);
}

export function providersOf(result: D1Result | undefined): StoredProvider[] {
	return v.parse(v.array(ProviderRow), result?.results);
}

/** Null when there is no such provider. Throws `DatabaseUnavailable`, as all of these do. */
export function findProvider(db: D1Database, name: ProviderName): Promise<StoredProvider | null> {
	return inDatabase(async () => {
		const row = await db.prepare(`SELECT ${COLUMNS} FROM providers WHERE name = ?`).bind(name).first();
		return row === null ? null : v.parse(ProviderRow, row);
	});
}

/** As it stands in the audit: of its credential only that there is one. */
const SNAPSHOT = `
	SELECT json_object('base_url', base_url, 'protocol', protocol, 'credential_header', credential_header, 'preset', preset, 'models', json(models), 'has_credential', json(iif(credential IS NULL, 'false', 'true')),
		'disabled', json(iif(disabled, 'true', 'false')), 'version', version)
	FROM providers WHERE name = ?1`;

/** False when the name is taken. */
export function createProvider(db: D1Database, provider: StoredProvider, author: Author): Promise<boolean> {
	const statement = db
		.prepare(
			`INSERT INTO providers (${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
			ON CONFLICT (name) DO NOTHING`,
		)
		.bind(...values(provider));
	return change(db, provider.name, "create", author, [statement]);
}

/** Puts a changed provider in place of the version before it. False when another change came first, or a removal. */
export function replaceProvider(
	db: D1Database,
	provider: StoredProvider,
	before: number,
	author: Author,
): Promise<boolean> {
	const statement = db
		.prepare(
			`UPDATE providers SET base_url = ?3, models = ?4, credential = ?5, disabled = ?6, version = ?7, updated_at = ?9,
				protocol = ?10, credential_header = ?11, preset = ?12
			WHERE name = ?1 AND id = ?2 AND created_at = ?8 AND version = ?13`,
		)
		.bind(...values(provider), before);
	return change(db, provider.name, "update", author, [statement]);
}

/** Its credentials and what was overridden of its models go with it. False when there was no such provider. */
export function deleteProvider(db: D1Database, name: ProviderName, author: Author): Promise<boolean> {
	return change(db, name, "delete", author, [
		db
			.prepare("DELETE FROM provider_credentials WHERE provider = (SELECT id FROM providers WHERE name = ?)")
			.bind(name),
		...removeDocuments(db, "model", `${name}/`, author.at),
		...removeDocument(db, "learnt_models", name, author.at),
		...removeDocument(db, "model_sync", name, author.at),
		removeSync(db, name),
		db.prepare("DELETE FROM providers WHERE name = ?").bind(name),
	]);
}

/** Whether the last of the statements changed anything. */
function change(
	db: D1Database,
	id: ProviderName,
	action: string,
	author: Author,
	statements: readonly D1PreparedStatement[],
): Promise<boolean> {
	return inDatabase(async () => {
		const subject = { kind: "provider", id, action, snapshot: SNAPSHOT } as const;
		const results = await audited(db, author, subject, statements);
		return (results.at(-1)?.meta.changes ?? 0) > 0;
	});
}

/** The secret to send upstream; null when there is none. Throws `SealError`. */
export async function credentialOf(provider: StoredProvider, gatewaySecret: string): Promise<string | null> {
	if (provider.credential === null) return null;
	return unseal(gatewaySecret, provider.credential, bindingOf(provider));
}

/** What a provider's credential is sealed for. */
export function bindingOf(provider: Pick<StoredProvider, "id" | "version" | "baseUrl">) {
	return { recordId: provider.id, version: provider.version, origin: new URL(provider.baseUrl).origin };
}

function values(provider: StoredProvider): (string | number | null)[] {
	return [
		provider.name,
		provider.id,
		provider.baseUrl,
		JSON.stringify(provider.writtenModels),
		provider.credential,
		provider.disabled ? 1 : 0,
		provider.version,
		provider.createdAt,
		provider.updatedAt,
		provider.protocol,
		provider.credentialHeader,
		provider.preset,
	];
}
