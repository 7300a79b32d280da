import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleInto } from "./bundle";

const SIMULATOR = path.resolve("simulator");
let directory = "";
let bundle = "";
let sources: string[] = [];

beforeAll(async () => {
	directory = await mkdtemp(path.join(tmpdir(), "tollgate-bundle-"));
	await bundleInto(directory, "");
	bundle = await readFile(path.join(directory, "index.js"), "utf8");
	sources = JSON.parse(await readFile(path.join(directory, "index.js.map"), "utf8")).sources;
});

afterAll(() => rm(directory, { recursive: true, force: true }));

test("the production bundle is made of the product's own sources and none of the simulator's", async () => {
	const files = sources.map((source) => path.resolve(directory, source));
	expect(files).toContain(path.resolve("src/http/app.ts"));
	expect(files.filter((file) => file.startsWith(SIMULATOR))).toEqual([]);
});

test("nothing in it answers at the simulator's addresses or stands in for a binding", () => {
	for (const name of ["/_simulator", "SimulatorState", "LocalAi", "LocalVectorize", "VectorIndex"]) {
		expect(bundle).not.toContain(name);
	}
});

test("it is small enough to start quickly", () => {
	// The price list is 80 KB of it, and what the API says of itself 130 KB: texts, of which none is read at the start.
	expect(bundle.length).toBeLessThan(2 * 1024 * 1024);
	expect(gzipSync(bundle).byteLength).toBeLessThan(512 * 1024);
});
