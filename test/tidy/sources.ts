// The tree as the tidy tests see it: every file that git knows or would take, and what each imports.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

export const ROOT = path.join(import.meta.dirname, "../..");

/** Paths below the root, with forward slashes. */
export const FILES: readonly string[] = execFileSync(
	"git",
	["ls-files", "--cached", "--others", "--exclude-standard"],
	{
		cwd: ROOT,
		encoding: "utf8",
	},
)
	.trim()
	.split("\n");

const KNOWN = new Set(FILES);
const IMPORT =
	/^(?:import|export)\b[^"]*?\bfrom "([^"]+)"|^import "([^"]+)"|\b(?:import|importActual(?:<[^>]*>)?)\("([^"]+)"/gm;
const texts = new Map<string, string>();

export function textOf(file: string): string {
	const known = texts.get(file) ?? readFileSync(path.join(ROOT, file), "utf8");
	texts.set(file, known);
	return known;
}

/** TypeScript below these folders. */
export function typeScriptIn(...folders: readonly string[]): readonly string[] {
	return FILES.filter((file) => /\.tsx?$/.test(file) && folders.some((folder) => file.startsWith(`${folder}/`)));
}

export interface Import {
	readonly specifier: string;
	/** The file of ours that is meant; absent for a package or a module of the platform. */
	readonly file?: string;
}

/** What a file imports, types included. Throws on an import of ours that leads nowhere. */
export function importsOf(file: string): readonly Import[] {
	return [...textOf(file).matchAll(IMPORT)].map(([, whole, bare, called]) => {
		const specifier = whole ?? bare ?? called ?? "";
		const target = targetOf(file, specifier);
		return target === undefined ? { specifier } : { specifier, file: target };
	});
}

function targetOf(file: string, specifier: string): string | undefined {
	const bare = specifier.startsWith(".")
		? path.posix.join(path.posix.dirname(file), specifier)
		: specifier
				.replace(/^~\//, "console/src/")
				.replace(/^#(?=(?:durable-objects|scripts|simulator|test)\/)/, "")
				.replace(/^#/, "src/");
	if (bare === specifier || bare.startsWith(".generated/")) return undefined;
	const found = [bare, `${bare}.ts`, `${bare}.tsx`, `${bare}.d.ts`, `${bare}.mjs`].find((candidate) =>
		KNOWN.has(candidate),
	);
	if (found === undefined) throw new Error(`${file} imports ${specifier}, which does not exist`);
	return found;
}
