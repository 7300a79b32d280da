// The clock of a development server: it calls the Worker's scheduled handler as the trigger in wrangler.toml does in
// production, since `wrangler dev` fires no trigger by itself.

/**
 * Calls the handler at the start of each minute, for as long as the process lives. A run that takes longer than its minute
 * is waited for, and the minutes that it took are left out.
 * `origin` is where the server listens; `minuteMs` is how long a minute is, in milliseconds.
 */
export async function runMinutes(origin: string, minuteMs: number): Promise<never> {
	for (;;) {
		const due = (Math.floor(Date.now() / minuteMs) + 1) * minuteMs;
		await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
		try {
			const response = await fetch(
				`${origin}/cdn-cgi/local/scheduled?time=${due}&cron=${encodeURIComponent("* * * * *")}`,
			);
			if (!response.ok) console.error(`The jobs of ${new Date(due).toISOString()} failed: ${await response.text()}`);
		} catch {
			// The server is being restarted; the next minute finds it again.
		}
	}
}
