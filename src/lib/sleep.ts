/** Letting time pass without blocking anything. */

/** Resolves after `ms`, in milliseconds, or at once when `signal` aborts: the code that waited has to look at it. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
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
