// Instants as people read them: the API tells ISO 8601 in UTC, the console shows the browser's own zone.
import { dateFormat } from "~/format/intl";
import type { Language } from "~/i18n/language";

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;
const WEEK_MS = 6 * DAY_S * 1000;

/** With seconds: for rows of a log. */
export function exactTime(instant: string, language: Language): string {
	return dateFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(instant));
}

/** The time of day, with the day where it is not today's; `now` in milliseconds since the epoch. */
export function rowTime(instant: string, now: number, language: Language): string {
	const at = new Date(instant);
	const today = at.toDateString() === new Date(now).toDateString();
	return dateFormat(
		language,
		today
			? { timeStyle: "medium" }
			: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" },
	).format(at);
}

export function clockTime(instant: string | number, language: Language): string {
	return dateFormat(language, { timeStyle: "medium" }).format(new Date(instant));
}

/** Soon: the day of the week with the time; later: the day alone. `now` in milliseconds since the epoch. */
export function comingTime(at: number, now: number, language: Language): string {
	const isSoon = at - now < WEEK_MS;
	return dateFormat(
		language,
		isSoon ? { weekday: "long", hour: "2-digit", minute: "2-digit" } : { month: "long", day: "numeric" },
	).format(at);
}

/** "3 minutes ago", "in 2 days"; `now` in milliseconds since the epoch. */
export function relativeTime(instant: string, now: number, language: Language): string {
	const seconds = Math.round((new Date(instant).getTime() - now) / 1000);
	const size = Math.abs(seconds);
	const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
	if (size < MINUTE_S) return format.format(seconds, "second");
	if (size < HOUR_S) return format.format(Math.trunc(seconds / MINUTE_S), "minute");
	if (size < DAY_S) return format.format(Math.trunc(seconds / HOUR_S), "hour");
	return format.format(Math.trunc(seconds / DAY_S), "day");
}

/** The hour, day or month that begins then. Days and months are those of UTC, as the books have them. */
export function instantOf(instant: string, unit: "hour" | "day" | "month", language: Language): string {
	const parts: Readonly<Record<typeof unit, Intl.DateTimeFormatOptions>> = {
		hour: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
		day: { month: "short", day: "numeric", timeZone: "UTC" },
		month: { year: "numeric", month: "long", timeZone: "UTC" },
	};
	return dateFormat(language, parts[unit]).format(new Date(instant));
}
