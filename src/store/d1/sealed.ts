/**
 * Secrets at rest. Each is encrypted with AES-256-GCM under a random key of its own, and that key under one derived
 * from the gateway's secret, so the gateway's secret can be changed by wrapping keys anew. Both are bound to the
 * record: a sealed text moved to another record, an earlier version or another origin does not open.
 */

import * as v from "valibot";
import { base64Of } from "#lib/text-bytes";

/** What a sealed text belongs to. */
interface SealBinding {
	readonly recordId: string;
	readonly version: number;
	/** Where the secret may be sent, as `URL.origin`. */
	readonly origin: string;
}

/** The text was not sealed by this gateway's secret for this record. */
export class SealError extends Error {
	constructor() {
		super("the sealed text does not open");
		this.name = "SealError";
	}
}

const IV_BYTES = 12;
const KEY_BYTES = 32;

/** `key` and `data` are base64 of a 96-bit IV and what AES-GCM made. */
const Envelope = v.pipe(
	v.string(),
	v.parseJson(),
	v.object({ v: v.literal(1), key: v.pipe(v.string(), v.base64()), data: v.pipe(v.string(), v.base64()) }),
);

export async function seal(gatewaySecret: string, text: string, binding: SealBinding): Promise<string> {
	const bound = associatedData(binding);
	const raw = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
	const data = await encrypt(await importKey(raw), new TextEncoder().encode(text), bound);
	const key = await encrypt(await wrappingKey(gatewaySecret), raw, bound);
	return JSON.stringify({ v: 1, key, data });
}

/** Throws `SealError`. */
export async function unseal(gatewaySecret: string, sealed: string, binding: SealBinding): Promise<string> {
	const envelope = v.safeParse(Envelope, sealed);
	if (!envelope.success) throw new SealError();
	const bound = associatedData(binding);
	try {
		const raw = await decrypt(await wrappingKey(gatewaySecret), envelope.output.key, bound);
		return new TextDecoder().decode(await decrypt(await importKey(raw), envelope.output.data, bound));
	} catch {
		throw new SealError();
	}
}

function associatedData({ recordId, version, origin }: SealBinding): Uint8Array {
	return new TextEncoder().encode(JSON.stringify([recordId, version, origin]));
}

function wrappingKey(gatewaySecret: string): Promise<CryptoKey> {
	return derivedKey(gatewaySecret, "tollgate sealed records 1", new Uint8Array());
}

/** A key for one purpose, made of the gateway's secret. */
export async function derivedKey(gatewaySecret: string, purpose: string, salt: Uint8Array): Promise<CryptoKey> {
	const encoder = new TextEncoder();
	const material = await crypto.subtle.importKey("raw", encoder.encode(gatewaySecret), "HKDF", false, ["deriveKey"]);
	return crypto.subtle.deriveKey(
		{ name: "HKDF", hash: "SHA-256", salt, info: encoder.encode(purpose) },
		material,
		{ name: "AES-GCM", length: KEY_BYTES * 8 },
		false,
		["encrypt", "decrypt"],
	);
}

function importKey(raw: Uint8Array): Promise<CryptoKey> {
	return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

async function encrypt(key: CryptoKey, plain: Uint8Array, additionalData: Uint8Array): Promise<string> {
	const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
	const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plain));
	const joined = new Uint8Array(iv.length + sealed.length);
	joined.set(iv);
	joined.set(sealed, iv.length);
	return base64Of(joined);
}

async function decrypt(key: CryptoKey, text: string, additionalData: Uint8Array): Promise<Uint8Array> {
	const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
	const iv = bytes.subarray(0, IV_BYTES);
	const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, bytes.subarray(IV_BYTES));
	return new Uint8Array(plain);
}
