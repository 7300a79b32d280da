/**
 * Turns `answers.ts` into validators: types to a JSON schema, the schema to plain code that needs neither ajv nor
 * `eval`, so that it runs inside workerd too; and `requests.ts` into the schema that a test makes requests from. Vitest
 * runs this once before all tests; the result is kept until one of its sources changes.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { Ajv, type SchemaObject } from "ajv";
import standaloneCode from "ajv/dist/standalone/index.js";
import { createGenerator } from "ts-json-schema-generator";

const root = path.join(import.meta.dirname, "../..");
const source = path.join(import.meta.dirname, "answers.ts");
const requests = path.join(import.meta.dirname, "requests.ts");
const target = path.join(root, ".generated/oracle.mjs");
/** Beside the validators: the schema of what may be sent. */
const requestsTarget = path.join(root, ".generated/requests.json");

/** The members of `Answers`. */
const KINDS = [
	...[
		"completion",
		"embeddings",
		"chunk",
		"textCompletion",
		"textChunk",
		"response",
		"itemEvent",
		"model",
		"models",
		"error",
	],
	...["wholeMessage", "messageEvent", "anthropicModel", "anthropicModels", "anthropicError", "tokensCount"],
];

const DECLARATIONS = `import type { ErrorObject } from "ajv";
interface Validator {
	(value: unknown): boolean;
	errors?: ErrorObject[] | null;
}
${KINDS.map((kind) => `export declare const ${kind}: Validator;\n`).join("")}`;

/** Vitest's global setup. */
export async function setup(): Promise<void> {
	const mark = `// ${await fingerprint()}\n`;
	const existing = await readFile(target, "utf8").catch(() => "");
	if (existing.startsWith(mark)) return;
	await mkdir(path.dirname(target), { recursive: true });
	await replace(target.replace(/mjs$/, "d.mts"), DECLARATIONS);
	await replace(requestsTarget, JSON.stringify(schemaOf(requests, "Requests").properties));
	await replace(target, mark + validators());
}

async function fingerprint(): Promise<string> {
	const hash = createHash("sha256");
	const packages = ["openai", "@anthropic-ai/sdk", "ajv", "ts-json-schema-generator"].map((name) =>
		path.join(root, "node_modules", name, "package.json"),
	);
	for (const file of [source, requests, import.meta.filename, ...packages]) hash.update(await readFile(file));
	return hash.digest("hex");
}

function validators(): string {
	const schema = schemaOf(source, "Answers");
	const ajv = new Ajv({ code: { source: true, esm: true }, allErrors: true, allowUnionTypes: true });
	const answers = schema.properties as Record<string, SchemaObject>;
	for (const [kind, answer] of Object.entries(answers)) ajv.addSchema(answer, kind);
	return standaloneCode(ajv, Object.fromEntries(Object.keys(answers).map((kind) => [kind, kind])));
}

function schemaOf(file: string, type: string) {
	const generator = createGenerator({
		path: file,
		type,
		expose: "none",
		topRef: false,
		jsDoc: "none",
		skipTypeCheck: true,
	});
	return generator.createSchema(type);
}

/** Other runs may be reading the file. */
async function replace(file: string, text: string): Promise<void> {
	const draft = `${file}.${process.pid}`;
	await writeFile(draft, text);
	await rename(draft, file);
}

if (import.meta.main) await setup();
