// Times as answers write them.

/** `ms` is in milliseconds since the epoch; null stays null. */
export function instant(ms: number): string;
export function instant(ms: number | null): string | null;
export function instant(ms: number | null): string | null {
	return ms === null ? null : new Date(ms).toISOString();
}
