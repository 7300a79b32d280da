// Imports go one way between rooms, in short paths, and never in a circle.
import { describe, expect, it } from "vitest";
import { ROOMS, type Room } from "./rooms";
import { importsOf, textOf, typeScriptIn } from "./sources";

const PRODUCT = typeScriptIn("src", "durable-objects", "simulator");

const lies = (file: string, path: string): boolean => file === path || file.startsWith(`${path}/`);

function roomOf(file: string): Room {
	const rooms = ROOMS.filter((room) => lies(file, room.path)).sort((a, b) => b.path.length - a.path.length);
	if (rooms[0] === undefined) throw new Error(`${file} stands in no room`);
	return rooms[0];
}

function mayImport(room: Room, specifier: string, target: string | undefined): boolean {
	if (target === undefined) return room.packages?.includes(specifier) ?? false;
	if (roomOf(target) === room) return true;
	return room.knows.some((path) => lies(target, path));
}

/** The folders of `docs/architecture.md` with what its table says that they may import, each sorted. */
function documentedImports(): [string, string[]][] {
	const rows = textOf("docs/architecture.md").matchAll(/^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|$/gm);
	return [...rows].map(([, folder = "", names = ""]) => [folder, names === "nothing" ? [] : names.split(", ").sort()]);
}

describe("rooms", () => {
	it("may import what docs/architecture.md says, each folder with a row of its own", () => {
		const folders = ROOMS.filter(({ path }) => !path.endsWith(".ts"));
		const held = folders.map(({ path, knows }): [string, string[]] => [
			path,
			knows.map((name) => name.replace(/^src\//, "")).sort(),
		]);
		expect(new Map(documentedImports())).toEqual(new Map(held));
	});

	it("are imported only by those who may know them", () => {
		const strangers = PRODUCT.flatMap((file) =>
			importsOf(file)
				.filter(({ specifier, file: target }) => !mayImport(roomOf(file), specifier, target))
				.map(({ specifier }) => `${file} imports ${specifier}`),
		);
		expect(strangers).toEqual([]);
	});

	it("are named in imports that leave a folder", () => {
		const climbing = [...PRODUCT, ...typeScriptIn("test")].flatMap((file) =>
			importsOf(file)
				.filter(({ specifier, file: target }) => target !== undefined && /^\.\.|^\.\/.*\//.test(specifier))
				.map(({ specifier }) => `${file} imports ${specifier}`),
		);
		expect(climbing).toEqual([]);
	});

	it("hold no circle of files", () => {
		expect(circles([...PRODUCT, ...typeScriptIn("test")])).toEqual([]);
	});
});

/** Each circle once, by its files in order: a walk in depth that remembers what is known to lead nowhere. */
function circles(files: readonly string[]): string[] {
	const found: string[] = [];
	const done = new Set<string>();
	const path: string[] = [];
	const walk = (file: string): void => {
		const at = path.indexOf(file);
		if (at !== -1) found.push([...path.slice(at), file].join(" > "));
		if (at !== -1 || done.has(file)) return;
		path.push(file);
		for (const { file: target } of importsOf(file)) if (target?.endsWith(".ts")) walk(target);
		path.pop();
		done.add(file);
	};
	for (const file of files) walk(file);
	return found;
}
