// Builds the console into dist/console, which the Worker's assets serve under /console/.
import { writeFileSync } from "node:fs";
import path from "node:path";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Where the built console goes: assets below /console/, and the file of their headers beside that folder. */
const OUT = process.env.TOLLGATE_CONSOLE_OUT ?? path.join(import.meta.dirname, "dist");
/** The gateway that a console in development talks to. */
const GATEWAY = process.env.TOLLGATE_URL ?? "http://localhost:8787";

export default defineConfig({
	root: import.meta.dirname,
	base: "/console/",
	plugins: [react(), tailwindcss(), headersOfAssets()],
	resolve: { alias: { "~": path.join(import.meta.dirname, "src") } },
	build: {
		outDir: path.join(OUT, "console"),
		emptyOutDir: true,
		target: "es2023",
		// Every script and style has its content's hash in its name, so that it may be cached for ever.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		chunkSizeWarningLimit: 700,
	},
	// While the console is worked on: Vite serves it, and everything else is the gateway's.
	server: { port: 5173, proxy: { "^/(?!console/)": GATEWAY } },
});

/** Writes the file by which the platform puts headers on assets; it stands beside the folder that they are in. */
function headersOfAssets(): Plugin {
	const policy = [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data: blob:",
		"media-src 'self' blob:",
		"connect-src 'self'",
		"font-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	].join("; ");
	const page = [
		`Content-Security-Policy: ${policy}`,
		"X-Content-Type-Options: nosniff",
		"Referrer-Policy: same-origin",
		"Cross-Origin-Opener-Policy: same-origin",
		"Permissions-Policy: camera=(), geolocation=(), payment=()",
	];
	const text = [
		"/console/*",
		...page.map((header) => `  ${header}`),
		"/console/assets/*",
		"  ! Cache-Control",
		"  Cache-Control: public, max-age=31536000, immutable",
		"",
	].join("\n");
	return {
		name: "headers-of-assets",
		apply: "build",
		closeBundle: () => writeFileSync(path.join(OUT, "_headers"), text),
	};
}
