// Formats of the browser, each made once: making one takes many times as long as using it, and tables use some hundred.
import type { Language } from "~/i18n/language";

const numbers = new Map<string, Intl.NumberFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();

export function numberFormat(language: Language, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
	return madeOnce(numbers, language, options, () => new Intl.NumberFormat(language, options));
}

export function dateFormat(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	return madeOnce(dates, language, options, () => new Intl.DateTimeFormat(language, options));
}

/** There are as many as the code has options, times the languages. */
function madeOnce<Format>(made: Map<string, Format>, language: Language, options: object, make: () => Format): Format {
	const name = `${language} ${JSON.stringify(options)}`;
	const before = made.get(name);
	if (before !== undefined) return before;
	const format = make();
	made.set(name, format);
	return format;
}
