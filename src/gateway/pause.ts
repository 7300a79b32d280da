/** Letting time pass without blocking anything. */

/** Resolves after so many milliseconds, or at once when `signal` aborts, at which the code that waited has to look then. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const end = (): void => {
			clearTimeout(timer);
			signal?.removeEventListener("abort", end);
			resolve();
		};
		const timer = setTimeout(end, ms);
		if (signal?.aborted) end();
		else signal?.addEventListener("abort", end);
	});
}
