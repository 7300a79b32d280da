/** An address as a number, and how many bits it has. IPv4-mapped IPv6 addresses count as IPv4. */
interface Address {
	readonly bits: 32 | 128;
	readonly value: bigint;
}

export interface IpRange {
	readonly bits: 32 | 128;
	/** The bits that addresses in the range share, in their low positions. */
	readonly network: bigint;
	/** How many bits vary within the range. */
	readonly hostBits: bigint;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; null when it is none of these. */
export function parseIpRange(text: string): IpRange | null {
	const slash = text.indexOf("/");
	const written = parseWritten(slash === -1 ? text : text.slice(0, slash));
	if (written === null) return null;
	let prefix: number = written.bits;
	if (slash !== -1) {
		const length = text.slice(slash + 1);
		if (!/^(0|[1-9]\d{0,2})$/.test(length)) return null;
		prefix = Number(length);
		if (prefix > written.bits) return null;
	}
	const address = unmapped(written);
	if (address.bits !== written.bits) {
		// A range over mapped addresses is one over the IPv4 addresses in them.
		prefix -= 96;
		if (prefix < 0) return null;
	}
	const hostBits = BigInt(address.bits - prefix);
	return { bits: address.bits, network: address.value >> hostBits, hostBits };
}

/** Whether a textual address lies in one of the ranges; false for a text that is not an address. */
export function inRanges(ranges: readonly string[], address: string): boolean {
	const written = parseWritten(address);
	if (written === null) return false;
	const { bits, value } = unmapped(written);
	return ranges.some((text) => {
		const range = parseIpRange(text);
		return range !== null && range.bits === bits && value >> range.hostBits === range.network;
	});
}

function unmapped(address: Address): Address {
	const mapped = address.bits === 128 && address.value >> 32n === 0xffffn;
	return mapped ? { bits: 32, value: address.value & 0xffffffffn } : address;
}

function parseWritten(text: string): Address | null {
	const value = text.includes(":") ? parseIpv6(text) : parseIpv4(text);
	if (value === null) return null;
	return { bits: text.includes(":") ? 128 : 32, value };
}

function parseIpv4(text: string): bigint | null {
	const parts = text.split(".");
	if (parts.length !== 4) return null;
	let value = 0n;
	for (const part of parts) {
		// No leading zeros: some readers take them for octal.
		if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
		value = (value << 8n) | BigInt(part);
	}
	return value;
}

function parseIpv6(text: string): bigint | null {
	const halves = text.split("::");
	if (halves.length > 2) return null;
	const head = groups(halves[0] ?? "", halves.length === 1);
	const tail = halves.length === 2 ? groups(halves[1] ?? "", true) : [];
	if (head === null || tail === null) return null;
	const missing = 8 - head.length - tail.length;
	if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
	const all = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
	return all.reduce((value, group) => (value << 16n) | group, 0n);
}

/** The 16-bit groups of one side of `::`; the last may be written as an IPv4 address where the text ends. */
function groups(text: string, last: boolean): bigint[] | null {
	if (text === "") return [];
	const parts = text.split(":");
	const result: bigint[] = [];
	for (const [index, part] of parts.entries()) {
		if (part.includes(".") && last && index === parts.length - 1) {
			const embedded = parseIpv4(part);
			if (embedded === null) return null;
			result.push(embedded >> 16n, embedded & 0xffffn);
		} else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
			result.push(BigInt(`0x${part}`));
		} else {
			return null;
		}
	}
	return result;
}
