// Amounts of money as people read them. The API tells USD as decimal strings; none is rounded away.
import { numberFormat } from "~/format/intl";
import type { Language } from "~/i18n/language";

const CENT = 0.01;

/**
 * `usd` is a decimal string of the API, in USD. Below a cent six decimals are shown, above it two, so that a small cost
 * never reads as nothing; what is smaller than six decimals show is told as being below.
 */
export function money(usd: string | number, language: Language): string {
	const value = Number(usd);
	const size = Math.abs(value);
	const decimals = size === 0 || size >= CENT ? 2 : 6;
	const format = numberFormat(language, {
		style: "currency",
		currency: "USD",
		currencyDisplay: "narrowSymbol",
		minimumFractionDigits: decimals,
		maximumFractionDigits: decimals,
	});
	return size > 0 && size < 0.000_000_5 ? `< ${format.format(0.000_001)}` : format.format(value);
}
