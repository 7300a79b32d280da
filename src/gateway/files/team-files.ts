// Keeps a team's files in vendors' accounts, under ids of the gateway's own.
import * as v from "valibot";
import { GatewayError, invalidRequest, quoted } from "#core/errors";
import type { StoredFile } from "#core/files/file";
import { isFileId } from "#core/files/file";
import { type FileId, newId } from "#core/ids";
import { matches } from "#core/key/policy";
import type { Principal } from "#core/key/principal";
import type { Env } from "#env";
import type { IsolateState } from "#gateway/isolate-state";
import type { ServingProviders } from "#gateway/routing/serving-providers";
import type { FormFile } from "#lib/form-fields";
import { canonicalProvider } from "#providers/names";
import type { Provider, ProviderCredential } from "#providers/provider";
import { DatabaseUnavailable } from "#store/d1/database";
import { countFiles, createFile, deleteFile, findFiles } from "#store/files/files";
import { askAccount, askAccountJson, type OpenAccount, openAccount } from "./vendor-account";

/** What files of callers may be for: what the vendor trains models with is not served here. */
export const FILE_PURPOSES = ["assistants", "batch", "user_data", "vision"] as const;
/** The most files that a team keeps at a time. */
const MAX_TEAM_FILES = 10_000;

const VendorFile = v.object({
	id: v.pipe(v.string(), v.regex(/^[\w.-]{1,200}$/)),
	bytes: v.pipe(v.number(), v.safeInteger()),
	expires_at: v.nullish(v.pipe(v.number(), v.safeInteger())),
});

/** Who asks, and where. */
export interface FilesCall {
	readonly env: Pick<Env, "DB">;
	readonly isolate: Pick<IsolateState, "clock" | "newId" | "random">;
	readonly principal: Pick<Principal, "keyId" | "teamId" | "policy">;
	readonly caller: AbortSignal;
}

/** A file as it came. */
interface NewFile {
	readonly file: FormFile;
	readonly purpose: (typeof FILE_PURPOSES)[number];
	/** How long the vendor shall keep it, in seconds; absent: until it is deleted. */
	readonly seconds?: number;
	/** The provider to keep it; absent: OpenAI where it serves, else the first that keeps files. */
	readonly provider?: string;
}

/** Uploads a file to one account of a provider. Throws `GatewayError`. */
export async function uploadFile(
	{ env, isolate, principal, caller }: FilesCall,
	{ byName }: ServingProviders,
	{ file, purpose, seconds, provider: wanted }: NewFile,
): Promise<StoredFile> {
	const account = accountFor(principal, byName, isolate.random(), wanted);
	if ((await orUnavailable(countFiles(env.DB, principal.teamId))) >= MAX_TEAM_FILES) {
		throw GatewayError.of("files_full", `the team keeps ${MAX_TEAM_FILES} files; delete some first`);
	}
	const text = (name: string, value: string) => ({ name, bytes: new TextEncoder().encode(value) });
	const form = [
		text("purpose", purpose),
		...(seconds === undefined
			? []
			: [text("expires_after[anchor]", "created_at"), text("expires_after[seconds]", String(seconds))]),
		{ name: "file", fileName: file.name, type: file.type ?? "application/octet-stream", bytes: file.bytes },
	];
	const kept = await askAccountJson(VendorFile, account, { path: "/files", form }, caller, isolate.clock);
	if (kept === null) {
		throw GatewayError.of("unsupported_endpoint", `\`${account.provider.name}\` keeps no files`);
	}
	const now = isolate.clock();
	const stored: StoredFile = {
		id: newId("file", now, isolate.newId()) as FileId,
		teamId: principal.teamId,
		keyId: principal.keyId,
		provider: account.provider.name,
		credential: account.credential.id,
		vendorId: kept.id,
		filename: file.name,
		purpose,
		bytes: file.size,
		createdAt: now,
		expiresAt: kept.expires_at == null ? null : kept.expires_at * 1000,
	};
	try {
		await createFile(env.DB, stored);
	} catch (error) {
		// What nobody has an id of would lie there for good.
		await askAccount(account, { path: `/files/${kept.id}`, method: "DELETE" }, caller, isolate.clock);
		throw unavailable(error);
	}
	return stored;
}

/** Where a new file goes: one of the provider's accounts, as often as its weight says. */
function accountFor(
	{ policy }: FilesCall["principal"],
	byName: ReadonlyMap<string, Provider>,
	draw: number,
	wanted?: string,
): OpenAccount {
	const keeping = [...byName.values()].filter(
		({ name, adapter }) => adapter.files === true && matches(policy.providers, name),
	);
	const name = wanted === undefined ? undefined : canonicalProvider(wanted);
	const provider =
		name === undefined
			? (keeping.find((each) => (each.name as string) === "openai") ?? keeping[0])
			: keeping.find((each) => (each.name as string) === name);
	if (provider === undefined) {
		const names = keeping.map((each) => `\`${each.name}\``).join(", ");
		throw GatewayError.of(
			"provider_not_found",
			`${wanted === undefined ? "no provider" : `not ${quoted(wanted)}`} keeps files for this API key${names === "" ? "" : `; ${names} would`}`,
			{ param: "provider" },
		);
	}
	return { provider, credential: drawn(provider.credentials, draw) };
}

function drawn(credentials: readonly ProviderCredential[], draw: number): ProviderCredential {
	const total = credentials.reduce((sum, { weight }) => sum + weight, 0);
	let left = draw * total;
	const chosen = credentials.find(({ weight }) => {
		left -= weight;
		return left < 0;
	});
	const [first] = credentials;
	if (first === undefined) throw new TypeError("a provider that serves has a credential");
	return chosen ?? first;
}

/** A team's file. Throws `GatewayError`: 404 for every id of another team's, 503. */
export async function teamFile(
	{ env, isolate, principal }: Omit<FilesCall, "caller">,
	id: string,
): Promise<StoredFile> {
	const found = isFileId(id) ? await orUnavailable(findFiles(env.DB, principal.teamId, [id], isolate.clock())) : [];
	const [file] = found;
	if (file === undefined) throw fileNotFound(id);
	return file;
}

/** What a team's file holds, as it comes from its account. Throws `GatewayError`. */
export async function fileContent(
	{ isolate, caller }: Pick<FilesCall, "isolate" | "caller">,
	{ byName }: ServingProviders,
	file: StoredFile,
): Promise<Response> {
	const path = `/files/${encodeURIComponent(file.vendorId)}/content`;
	const content = await askAccount(openAccount(byName, file), { path }, caller, isolate.clock);
	if (content === null) throw fileNotFound(file.id);
	return content;
}

/** Deletes a team's file from its account, and then the gateway's own note of it. Throws `GatewayError`. */
export async function removeFile(call: FilesCall, { byName }: ServingProviders, id: string): Promise<void> {
	const { env, isolate, caller } = call;
	const file = await teamFile(call, id);
	const path = `/files/${encodeURIComponent(file.vendorId)}`;
	await askAccount(openAccount(byName, file), { path, method: "DELETE" }, caller, isolate.clock);
	await orUnavailable(deleteFile(env.DB, file.id));
}

/** What files that a request names stand for. */
interface NamedFiles {
	readonly account: Pick<StoredFile, "provider" | "credential">;
	/** The vendor's ids by the gateway's. */
	readonly vendorIds: ReadonlyMap<string, string>;
}

/**
 * The one account that keeps all files which a request names. Throws `GatewayError`: 404 for a file that the team does
 * not have, 400 for files of several accounts, 503.
 */
export async function namedFiles(
	{ env, isolate, principal }: Omit<FilesCall, "caller">,
	ids: readonly FileId[],
): Promise<NamedFiles> {
	const files = await orUnavailable(findFiles(env.DB, principal.teamId, ids, isolate.clock()));
	const byId = new Map<string, StoredFile>(files.map((file) => [file.id, file]));
	for (const id of ids) if (!byId.has(id)) throw fileNotFound(id);
	const [first, ...others] = files;
	if (first === undefined) throw new TypeError("no file is named");
	if (others.some(({ provider, credential }) => provider !== first.provider || credential !== first.credential)) {
		throw invalidRequest(
			"the files that this request names are kept by different accounts; upload them to one provider",
		);
	}
	const { provider, credential } = first;
	return { account: { provider, credential }, vendorIds: new Map(files.map(({ id, vendorId }) => [id, vendorId])) };
}

function fileNotFound(id: string): GatewayError {
	return GatewayError.of("file_not_found", `this team has no file ${quoted(id)}: it never had, or it was deleted`);
}

/** Throws `GatewayError` 503 in place of `DatabaseUnavailable`. */
export async function orUnavailable<T>(work: Promise<T>): Promise<T> {
	try {
		return await work;
	} catch (error) {
		throw unavailable(error);
	}
}

function unavailable(error: unknown): unknown {
	if (!(error instanceof DatabaseUnavailable)) return error;
	return GatewayError.of("files_unavailable", "what the team keeps could not be looked up just now; try again");
}
