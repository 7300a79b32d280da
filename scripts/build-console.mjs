// Builds the console when its sources are newer than what was built: before it is served, tested or deployed.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";

const CONSOLE = path.join(import.meta.dirname, "../console");
const BUILT = path.join(CONSOLE, "dist");
/** Written last, so that it is as old as the whole. */
const STAMP = path.join(BUILT, "_headers");
const SOURCES = ["src", "public", "index.html", "vite.config.ts", "package.json"];

if (!existsSync(STAMP) || SOURCES.some((source) => newest(path.join(CONSOLE, source)) > statSync(STAMP).mtimeMs)) {
	// Into a folder of its own first: another process may be serving what stands there.
	const fresh = path.join(CONSOLE, `dist-${process.pid}`);
	const { status } = spawnSync("vite", ["build", "--logLevel", "warn"], {
		cwd: CONSOLE,
		stdio: "inherit",
		env: { ...process.env, TOLLGATE_CONSOLE_OUT: fresh },
	});
	if (status !== 0) {
		rmSync(fresh, { recursive: true, force: true });
		process.exit(1);
	}
	rmSync(BUILT, { recursive: true, force: true });
	renameSync(fresh, BUILT);
}

/**
 * When a file, or the newest in a folder, was changed, in milliseconds since the epoch.
 * @param {string} place
 * @returns {number}
 */
function newest(place) {
	if (!existsSync(place)) return 0;
	const { mtimeMs } = statSync(place);
	if (!statSync(place).isDirectory()) return mtimeMs;
	return Math.max(mtimeMs, ...readdirSync(place).map((name) => newest(path.join(place, name))));
}
