// What a person chose for this browser. A browser that keeps nothing is no error: the choice then ends with the page.
type Preference = "language" | "theme" | "rail";

const PREFIX = "tollgate.";

export function recall(name: Preference): string | null {
	try {
		return localStorage.getItem(PREFIX + name);
	} catch {
		return null;
	}
}

export function remember(name: Preference, value: string): void {
	try {
		localStorage.setItem(PREFIX + name, value);
	} catch {
		// Kept for this page only.
	}
}
