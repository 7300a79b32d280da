// Counts, shares and durations as people read them, in their language.
import { numberFormat } from "~/format/intl";
import type { Language } from "~/i18n/language";

export function count(value: number, language: Language): string {
	return numberFormat(language).format(value);
}

/** A score or a part of one. */
export function decimals(value: number, language: Language): string {
	return numberFormat(language, { maximumFractionDigits: 3 }).format(value);
}

/** For axes and tiles: 1.2M, 120万. */
export function shortCount(value: number, language: Language): string {
	return numberFormat(language, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** `share` from 0 to 1. */
export function percent(share: number, language: Language): string {
	return numberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(share);
}

/** A rise by this share or more is told as a factor, which is shorter than per cent. */
const MANY_TIMES = 9;

/** By how much one amount is more than another, with its sign; null where there was nothing before. */
export function change(value: number, before: number, language: Language): string | null {
	if (before === 0) return value === 0 ? percent(0, language) : null;
	const share = (value - before) / Math.abs(before);
	if (share >= MANY_TIMES) return `×${count(Math.round(value / before), language)}`;
	return numberFormat(language, {
		style: "percent",
		maximumFractionDigits: Math.abs(share) < 0.1 ? 1 : 0,
		signDisplay: "exceptZero",
	}).format(share);
}

/** Milliseconds, in seconds from one second on. */
export function duration(ms: number, language: Language): string {
	const [value, unit] = ms < 1000 ? [ms, "millisecond"] : [ms / 1000, "second"];
	return numberFormat(language, {
		style: "unit",
		unit,
		unitDisplay: "narrow",
		maximumFractionDigits: ms < 1000 ? 0 : 2,
	}).format(value);
}
