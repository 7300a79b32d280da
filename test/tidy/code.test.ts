// No file that nothing imports, no export that nobody uses, no folder that is a drawer.
import path from "node:path";
import { describe, expect, it } from "vitest";
import { importsOf, textOf, typeScriptIn } from "./sources";

const PRODUCT = typeScriptIn("src", "durable-objects", "simulator");
const TESTS = typeScriptIn("test");
const ALL = [...PRODUCT, ...TESTS];
/** Where the runtime, the test runner, a script or another process comes in. */
const ENTRIES =
	/^(src\/index|simulator\/entry|test\/oracle\/\w+|test\/process\/balancer|test\/worker\/setup|.*\.test|.*\.d)\.ts$/;
const MAX_FILES_IN_A_FOLDER = 20;
/** Files stay well below; one vendor of the simulator refuses so much that its rules take 425 lines. */
const MAX_LINES = 430;

describe("the code", () => {
	it("has no file that nothing imports", () => {
		const imported = new Set(ALL.flatMap((file) => importsOf(file).map(({ file: target }) => target)));
		expect(ALL.filter((file) => !ENTRIES.test(file) && !imported.has(file))).toEqual([]);
	});

	it("exports nothing that no other file names", () => {
		const words = new Map(ALL.map((file) => [file, new Set(textOf(file).match(/[A-Za-z_$][\w$]*/g))]));
		const dead = ALL.filter((file) => !ENTRIES.test(file)).flatMap((file) =>
			exportsOf(file)
				.filter((name) => !ALL.some((other) => other !== file && words.get(other)?.has(name)))
				.map((name) => `${file} exports ${name}`),
		);
		expect(dead).toEqual([]);
	});

	it("keeps folders and files small enough to take in", () => {
		const folders = Map.groupBy(PRODUCT, (file) => path.posix.dirname(file));
		expect([...folders].filter(([, files]) => files.length > MAX_FILES_IN_A_FOLDER).map(([folder]) => folder)).toEqual(
			[],
		);
		expect(PRODUCT.filter((file) => textOf(file).split("\n").length > MAX_LINES)).toEqual([]);
	});
});

function exportsOf(file: string): string[] {
	const declared = textOf(file).matchAll(
		/^export (?:declare )?(?:async )?(?:abstract )?(?:class|function\*?|const|let|interface|type|enum) ([A-Za-z_$][\w$]*)/gm,
	);
	return [...declared].map(([, name = ""]) => name);
}
