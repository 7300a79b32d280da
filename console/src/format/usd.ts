// Sums of money that add up: the API tells USD as decimal strings, and whole nano-dollars lose nothing.
const DECIMALS = 9;
const NANO = 1_000_000_000n;

/** The sum of decimal strings in USD, as a decimal string. */
export function sumUsd(amounts: readonly string[]): string {
	return usdOf(amounts.reduce((sum, amount) => sum + nanoOf(amount), 0n));
}

/** What the first is more than the second, as a decimal string in USD. */
export function lessUsd(amount: string, other: string): string {
	return usdOf(nanoOf(amount) - nanoOf(other));
}

function nanoOf(usd: string): bigint {
	const negative = usd.startsWith("-");
	const [whole = "0", part = ""] = usd.replace("-", "").split(".");
	const nano = BigInt(whole) * NANO + BigInt(part.padEnd(DECIMALS, "0").slice(0, DECIMALS));
	return negative ? -nano : nano;
}

function usdOf(nano: bigint): string {
	const size = nano < 0n ? -nano : nano;
	const part = String(size % NANO).padStart(DECIMALS, "0");
	return `${nano < 0n ? "-" : ""}${size / NANO}.${part}`;
}
