// The text of API keys and tokens: made, recognised and checked without a store.

/**
 * An API key's text: `tg_live_`, 256 random bits in base62, and a CRC-32 of all that in base62. The prefix lets
 * scanners find leaked keys; the checksum lets anyone tell a mistyped key from an unknown one without asking a store.
 */
export const KEY_PREFIX = "tg_live_";
/** The same of a token for the admin API. */
export const ADMIN_TOKEN_PREFIX = "tg_admin_";
export const KEY_RANDOM_BYTES = 32;

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62^43 > 2^256 and 62^6 > 2^32. */
const RANDOM_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const RANDOM_PART = new RegExp(`^[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);

/** The key made of `KEY_RANDOM_BYTES` unpredictable bytes. */
export function makeKey(random: Uint8Array, prefix = KEY_PREFIX): string {
	if (random.length !== KEY_RANDOM_BYTES) throw new RangeError(`an API key takes ${KEY_RANDOM_BYTES} random bytes`);
	const value = random.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
	const body = prefix + base62(value, RANDOM_LENGTH);
	return body + base62(BigInt(crc32(body)), CHECKSUM_LENGTH);
}

/** A new text with 256 random bits. */
export function newKeyText(prefix = KEY_PREFIX): string {
	return makeKey(crypto.getRandomValues(new Uint8Array(KEY_RANDOM_BYTES)), prefix);
}

/** Whether the text has a key's shape and its checksum is right. Says nothing about whether such a key was issued. */
export function isWellFormedKey(text: string, prefix = KEY_PREFIX): boolean {
	if (!text.startsWith(prefix) || !RANDOM_PART.test(text.slice(prefix.length))) return false;
	const body = text.slice(0, -CHECKSUM_LENGTH);
	return text.slice(-CHECKSUM_LENGTH) === base62(BigInt(crc32(body)), CHECKSUM_LENGTH);
}

/**
 * What may be shown of a key: its last four characters, or nothing of a text so short that they would be most of it.
 */
export function lastFour(text: string): string {
	return text.length < 12 ? "" : text.slice(-4);
}

function base62(value: bigint, length: number): string {
	let text = "";
	for (let rest = value; rest > 0n; rest /= 62n) text = DIGITS.charAt(Number(rest % 62n)) + text;
	return text.padStart(length, "0");
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
	let value = byte;
	for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
	return value >>> 0;
});

/** CRC-32 as in IEEE 802.3, over text of one byte per character. */
function crc32(text: string): number {
	let crc = 0xffffffff;
	for (let i = 0; i < text.length; i++) {
		crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ text.charCodeAt(i)) & 0xff] ?? 0);
	}
	return (crc ^ 0xffffffff) >>> 0;
}
