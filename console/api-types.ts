// Writes the API's description and the types that the console has from it into .generated.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import openapiTypescript, { astToString } from "openapi-typescript";
import { rolldown } from "rolldown";

const ROOT = path.join(import.meta.dirname, "..");
/** Stands for a module of the product, so that its imports mean what they mean there. */
const ENTRY = path.join(ROOT, "src/described.ts");
const GENERATED = path.join(ROOT, ".generated");

const document = await describe();
mkdirSync(GENERATED, { recursive: true });
writeFileSync(path.join(GENERATED, "openapi.json"), document);
const types = await openapiTypescript(JSON.parse(document), { alphabetize: true });
writeFileSync(path.join(GENERATED, "api.d.ts"), astToString(types));

/** The description as the Worker serves it, from its own modules: their paths are those of a bundler. */
async function describe(): Promise<string> {
	const bundle = await rolldown({
		input: ENTRY,
		cwd: ROOT,
		platform: "node",
		resolve: { extensions: [".ts", ".json"] },
		plugins: [
			{
				name: "described",
				resolveId: (id) => (id === ENTRY ? id : null),
				load: (id) =>
					id === ENTRY
						? 'export { ROUTES } from "#http/route-table"; export { openApiDocument } from "#http/openapi/document";'
						: null,
			},
		],
	});
	const file = path.join(GENERATED, `described-${process.pid}.mjs`);
	try {
		await bundle.write({ file, format: "esm", codeSplitting: false });
		const { ROUTES, openApiDocument } = await import(pathToFileURL(file).href);
		return JSON.stringify(openApiDocument(ROUTES));
	} finally {
		await bundle.close();
		rmSync(file, { force: true });
	}
}
