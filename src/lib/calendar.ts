/** Dates as the calendar has them: `Date.parse` takes 31 February for 3 March. */

/** Whether a text begins with a day that exists, as YYYY-MM-DD, from the year 1 on. */
export function beginsWithRealDay(text: string): boolean {
	const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)(?!\d)/.exec(text) ?? [];
	if (year === undefined || Number(year) === 0) return false;
	const ms = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
	return !Number.isNaN(ms) && new Date(ms).getUTCDate() === Number(day);
}
