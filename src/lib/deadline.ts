// Waits for a promise no longer than a time.
export class DeadlineError extends Error {
	constructor(what: string, ms: number) {
		super(`${what} did not answer within ${ms} ms`);
		this.name = "DeadlineError";
	}
}

/** The promise's outcome, or `DeadlineError` if it has none within `ms`. The work itself goes on. */
export function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new DeadlineError(what, ms)), ms);
		promise.then(
			(value) => {
				clearTimeout(timer);
				resolve(value);
			},
			(error) => {
				clearTimeout(timer);
				reject(error);
			},
		);
	});
}
