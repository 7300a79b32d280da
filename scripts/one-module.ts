// The product as one module for the tests of the Worker. Each of their files starts a runtime of its own, which asks
// the test runner for one module after the other: that takes longer than most of these tests. Every import of a file of
// the product leads to that one module, so a class or a cache is the same for a test as for the Worker.
import { globSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";
import type { Plugin } from "vitest/config";

const ROOT = path.resolve(import.meta.dirname, "..");
const FILES: ReadonlySet<string> = new Set(
	globSync("{src,durable-objects,simulator}/**/*.ts", { cwd: ROOT, exclude: ["**/*.d.ts"] }),
);
/** What the test runner calls a file of the product by, and the module that has them all. */
const PREFIX = "\0product:";
const WHOLE = "product";

/** The code of the one module, and of a file for each of the product's that only hands on what is its own. */
async function bundle(): Promise<ReadonlyMap<string, string>> {
	const build = await rolldown({
		cwd: ROOT,
		input: Object.fromEntries([...FILES].map((file) => [file, path.join(ROOT, file)])),
		external: [/^(cloudflare|node):/],
		platform: "neutral",
		treeshake: false,
	});
	const { output } = await build.generate({
		entryFileNames: "[name]",
		chunkFileNames: "[name]",
		codeSplitting: { groups: [{ name: WHOLE, test: /./ }] },
	});
	await build.close();
	return new Map(output.flatMap((chunk) => (chunk.type === "chunk" ? [[chunk.fileName, chunk.code] as const] : [])));
}

/** Leads imports of the product's files to the one module, which is built anew when a file has changed. */
export function oneModule(): Plugin {
	let built: ReturnType<typeof bundle> | undefined;
	return {
		name: "one-module",
		enforce: "pre",
		async resolveId(source, importer, options) {
			if (importer?.startsWith(PREFIX)) {
				if (!source.startsWith(".")) return null;
				return PREFIX + path.posix.join(path.posix.dirname(importer.slice(PREFIX.length)), source);
			}
			const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
			const file = resolved && path.relative(ROOT, resolved.id);
			return file !== null && FILES.has(file) ? PREFIX + file : resolved;
		},
		async load(id) {
			if (!id.startsWith(PREFIX)) return null;
			for (const file of FILES) this.addWatchFile(path.join(ROOT, file));
			built ??= bundle();
			const code = (await built).get(id.slice(PREFIX.length));
			return code === undefined ? null : { code, map: null };
		},
		watchChange() {
			built = undefined;
		},
	};
}
