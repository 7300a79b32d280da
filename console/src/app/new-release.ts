// After a release the files of the page that is open are gone: the page loads itself again, once. What is missing even
// then is told where it was to be shown.
const RELOADED_AT = "tollgate.reloaded-at";
const MIN_BETWEEN_MS = 60_000;

export function reloadForNewRelease(): void {
	addEventListener("vite:preloadError", (event) => {
		// The router would load the page again by itself, once for each file.
		event.preventDefault();
		const reloadedAt = Number(sessionStorage.getItem(RELOADED_AT) ?? 0);
		if (Date.now() - reloadedAt < MIN_BETWEEN_MS) return;
		sessionStorage.setItem(RELOADED_AT, String(Date.now()));
		location.reload();
	});
}
