// After a release the chunks of the page that is open are gone: the page loads itself again, once.
const RELOADED_AT = "tollgate.reloaded-at";
const MIN_BETWEEN_MS = 60_000;

export function reloadForNewRelease(): void {
	addEventListener("vite:preloadError", (event) => {
		const reloadedAt = Number(sessionStorage.getItem(RELOADED_AT) ?? 0);
		if (Date.now() - reloadedAt < MIN_BETWEEN_MS) return;
		sessionStorage.setItem(RELOADED_AT, String(Date.now()));
		event.preventDefault();
		location.reload();
	});
}
