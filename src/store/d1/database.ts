/** D1 did not answer, or answered with something that cannot be read. Whether a write took place is not known. */
export class DatabaseUnavailable extends Error {
	constructor(cause: unknown) {
		super("the registry did not answer", { cause });
		this.name = "DatabaseUnavailable";
	}
}

/**
 * How long an object waits for the registry before it takes it for ill, in milliseconds: two reads of it fit in the
 * time that a request waits for its key's object.
 */
export const MAX_DATABASE_MS = 1_500;

/**
 * Runs one use of the registry, statements and decoding together. Statements are written so that an expected outcome,
 * such as a name that is taken, is no row rather than an error: whatever is thrown here means the registry is ill.
 */
export async function inDatabase<T>(use: () => Promise<T>): Promise<T> {
	try {
		return await use();
	} catch (error) {
		throw new DatabaseUnavailable(error);
	}
}
