/** A time as the admin API writes it; the gateway keeps milliseconds since the epoch. */
export function instant(ms: number): string {
	return new Date(ms).toISOString();
}
