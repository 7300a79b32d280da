export class DeadlineError extends Error {
	constructor(what: string, ms: number) {
		super(`${what} did not answer within ${ms} ms`);
		this.name = "DeadlineError";
	}
}

/**
 * The promise's outcome, or `DeadlineError` if it has none within `ms`. The work itself goes on. The timer is left to run
 * out: were it cleared, the runtime would have to set its clock anew for the request's next one, which costs more.
 */
export function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		setTimeout(() => reject(new DeadlineError(what, ms)), ms);
		promise.then(resolve, reject);
	});
}
