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
