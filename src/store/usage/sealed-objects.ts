/**
 * What is kept in R2 of what was said: each object compressed and encrypted with AES-256-GCM under a key of its own,
 * which is derived from the gateway's secret and a salt that lies in front. It is bound to a name, so an object that is
 * moved to another's place does not open. Paths begin with a folder and the day, so that the oldest are listed first.
 */
import { derivedKey, SealError } from "#store/d1/sealed";

const SALT_BYTES = 32;
const IV_BYTES = 12;

/** What objects of one kind are sealed for, and where they lie. */
export interface ObjectKind {
	readonly folder: string;
	/** Tells their keys from those of other kinds. */
	readonly purpose: string;
}

/** Seals `text` for `name`, and puts it at `path`. Throws what R2 throws. */
export async function putSealed(
	bucket: R2Bucket,
	gatewaySecret: string,
	{ purpose }: ObjectKind,
	{ path, name, text }: { readonly path: string; readonly name: string; readonly text: string },
): Promise<void> {
	const plain = await through(new TextEncoder().encode(text), new CompressionStream("gzip"));
	const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
	const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
	const key = await derivedKey(gatewaySecret, purpose, salt);
	const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound(name) }, key, plain);
	await bucket.put(path, new Blob([salt, iv, sealed]));
}

/**
 * The text at `path` in UTF-8, null when there is none. Throws `SealError` when it does not open for `name`, and what
 * R2 throws.
 */
export async function openSealed(
	bucket: R2Bucket,
	gatewaySecret: string,
	{ purpose }: ObjectKind,
	{ path, name }: { readonly path: string; readonly name: string },
): Promise<Uint8Array | null> {
	const object = await bucket.get(path);
	if (object === null) return null;
	const bytes = new Uint8Array(await object.arrayBuffer());
	const iv = bytes.subarray(SALT_BYTES, SALT_BYTES + IV_BYTES);
	try {
		const key = await derivedKey(gatewaySecret, purpose, bytes.subarray(0, SALT_BYTES));
		const plain = await crypto.subtle.decrypt(
			{ name: "AES-GCM", iv, additionalData: bound(name) },
			key,
			bytes.subarray(SALT_BYTES + IV_BYTES),
		);
		return new Uint8Array(await through(new Uint8Array(plain), new DecompressionStream("gzip")));
	} catch {
		throw new SealError();
	}
}

/** Whether there was one. Throws what R2 throws. */
export async function deleteObject(bucket: R2Bucket, path: string): Promise<boolean> {
	if ((await bucket.head(path)) === null) return false;
	await bucket.delete(path);
	return true;
}

/** The most that R2 lists, and deletes, in one call. */
const PAGE = 1000;

/**
 * Forgets objects of days before `before`, in milliseconds since the epoch, the oldest first, page by page until none
 * is left or `goesOn` says no. Returns how many went. Throws what R2 throws.
 */
export async function pruneObjects(
	bucket: R2Bucket,
	{ folder }: ObjectKind,
	before: number,
	goesOn: () => boolean,
): Promise<number> {
	const end = `${folder}/${dayOf(before)}`;
	let gone = 0;
	while (goesOn()) {
		// What was deleted is not listed again, so the first page is always the next.
		const page = await bucket.list({ prefix: `${folder}/`, limit: PAGE });
		const old = page.objects.map(({ key }) => key).filter((key) => key < end);
		if (old.length > 0) await bucket.delete(old);
		gone += old.length;
		if (!page.truncated || old.length < page.objects.length) break;
	}
	return gone;
}

/** Like `2026/11/18`, in UTC. */
export function dayOf(at: number): string {
	return new Date(at).toISOString().slice(0, 10).replaceAll("-", "/");
}

function bound(name: string): Uint8Array {
	return new TextEncoder().encode(name);
}

async function through(bytes: Uint8Array, transform: CompressionStream | DecompressionStream): Promise<ArrayBuffer> {
	return new Response(new Blob([bytes]).stream().pipeThrough(transform)).arrayBuffer();
}
