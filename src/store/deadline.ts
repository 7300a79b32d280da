export class DeadlineError extends Error {
	constructor(what: string, ms: number) {
		super(`${what} did not answer within ${ms} ms`);
		this.name = "DeadlineError";
	}
}

/** The promise's outcome, or `DeadlineError` if it has none within `ms`. The work itself goes on. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
	let timer: ReturnType<typeof setTimeout> | null = null;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new DeadlineError(what, ms)), ms);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}
