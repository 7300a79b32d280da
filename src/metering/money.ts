// Amounts of money: nano-dollars, and how they are written in USD.
declare const brand: unique symbol;

/** A non-negative amount in nano-dollars (10^-9 USD), a safe integer: up to about nine million dollars. */
export type NanoUsd = number & { readonly [brand]: "NanoUsd" };

/** Asserts that a number is an amount. Throws RangeError otherwise: money is never repaired silently. */
export function nanoUsd(value: number): NanoUsd {
	if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an amount in nano-dollars: ${value}`);
	return value as NanoUsd;
}

/** As a decimal string in USD without loss, such as "0.000012345". */
export function usdString(amount: NanoUsd): string {
	const digits = String(amount).padStart(10, "0");
	const fraction = digits.slice(-9).replace(/0+$/, "");
	return fraction === "" ? digits.slice(0, -9) : `${digits.slice(0, -9)}.${fraction}`;
}

/** As a JSON number in USD, for `usage.cost`; exact to the nano-dollar below about nine million dollars. */
export function usdNumber(amount: NanoUsd): number {
	return amount / 1e9;
}

/** As `usdString`, for an amount that may be negative. */
export function signedUsdString(amount: number): string {
	return amount < 0 ? `-${usdString(nanoUsd(-amount))}` : usdString(nanoUsd(amount));
}

/**
 * Nano-dollars, negative ones too, of an amount in USD that a person wrote: a plain decimal in a string, or a JSON
 * number. Null for what is neither, has more than nine decimals or is too large to be exact. The digits are read as
 * text, so nothing is ever rounded; a number's own digits are those that it was written with.
 */
export function parseUsd(written: string | number): number | null {
	const text = typeof written === "number" ? plainDecimal(written) : written;
	const parts = /^(-?)(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text);
	if (parts === null) return null;
	const [, sign, dollars = "", fraction = ""] = parts;
	const nano = Number(dollars + fraction.padEnd(9, "0"));
	if (!Number.isSafeInteger(nano)) return null;
	return sign === "-" && nano > 0 ? -nano : nano;
}

/** JavaScript writes what is below a millionth with an exponent. */
function plainDecimal(value: number): string {
	const parts = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(String(value));
	if (parts === null) return String(value);
	const [, sign = "", first = "", others = "", places = ""] = parts;
	return `${sign}0.${"0".repeat(Math.min(Number(places) - 1, 20))}${first}${others}`;
}
