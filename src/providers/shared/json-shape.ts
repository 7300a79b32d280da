// Tells what of a parsed JSON value can be passed on or read.

/** Deepest JSON that is passed on unread: writing deeper ones may overflow the stack. */
const MAX_DEPTH = 100;

/** Whether a parsed JSON value can be passed on as it is. */
export function isShallow(value: unknown, depth = MAX_DEPTH): boolean {
	if (typeof value !== "object" || value === null) return true;
	return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}

/** A list with something in it that can be passed on. */
export function isFilled(value: unknown): value is unknown[] {
	return Array.isArray(value) && value.length > 0 && isShallow(value);
}

export function isWord(value: unknown): value is string {
	return typeof value === "string" && value !== "";
}
