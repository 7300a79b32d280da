// The API's description as a page for people: one text, without a script.
import type { JsonSchema } from "@valibot/to-json-schema";
import type { OpenApiDocument, Operation } from "./document";

export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --quiet: #777; --accent: #2563eb; }
body { font: 15px/1.6 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; padding: .6rem; }
h2 { border-bottom: 1px solid var(--line); margin-top: 2.5rem; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; }
summary b { display: inline-block; font: 600 12px ui-monospace, monospace; width: 4rem; }
summary span { color: var(--quiet); }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .2rem .5rem .2rem 0; vertical-align: top; }
a { color: var(--accent); }
nav a { margin-right: 1rem; }
.quiet { color: var(--quiet); }
`;

/** How deeply a schema's fields are told where they stand; a named one is told in its own place. */
const MAX_DEPTH = 3;
const REFERENCE = "#/components/schemas/";

/** The whole page. Everything in it is escaped. */
export function renderPage(document: OpenApiDocument): string {
	const tags = new Map<string, string[]>();
	for (const [path, methods] of Object.entries(document.paths)) {
		for (const [method, operation] of Object.entries(methods)) {
			const tag = operation.tags[0] ?? "";
			tags.set(tag, [...(tags.get(tag) ?? []), renderOperation(method, path, operation)]);
		}
	}
	const { info, components } = document;
	const shapes = Object.entries(components.schemas).map(
		([name, schema]) =>
			`<details id="${escaped(name)}"><summary><code>${escaped(name)}</code></summary>${renderSchema(schema)}</details>`,
	);
	return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)} API</title><style>${STYLE}</style></head><body>
<h1>${escaped(info.title)} API <span class="quiet">${escaped(info.version)}</span></h1>
<p>${escaped(info.summary)}. ${prose(info.description)} The same for machines: <a href="/openapi.json">openapi.json</a>.</p>
<nav>${[...tags.keys()].map((tag) => `<a href="#tag-${escaped(tag)}">${escaped(tag)}</a>`).join(" ")} <a href="#shapes">shapes</a></nav>
${[...tags].map(([tag, operations]) => `<h2 id="tag-${escaped(tag)}">${escaped(tag)}</h2>${operations.join("\n")}`).join("\n")}
<h2 id="shapes">shapes</h2>${shapes.join("\n")}
</body></html>`;
}

function renderOperation(method: string, path: string, operation: Operation): string {
	const { operationId, summary, description, parameters, requestBody, responses } = operation;
	const fields = parameters.map(
		({ name, required, schema }) =>
			`<tr><td><code>${escaped(name)}</code></td><td>${typeOf(schema, required)}</td></tr>`,
	);
	const body = requestBody?.content["application/json"];
	const example = body?.example === undefined ? "" : `<pre>${escaped(JSON.stringify(body.example, null, 2))}</pre>`;
	const answers = Object.entries(responses).map(([status, response]) => {
		const types = Object.entries(response.content ?? {}).map(([type, { schema }]) =>
			type === "application/json" ? typeOf(schema, true) : `<code>${escaped(type)}</code>`,
		);
		return `<tr><td><code>${status}</code></td><td>${prose(response.description)}</td><td>${types.join(", ")}</td></tr>`;
	});
	return `<details id="${escaped(operationId)}"><summary><b>${method.toUpperCase()}</b> <code>${escaped(path)}</code>
<span>${prose(summary)}</span></summary>
${description === undefined ? "" : `<p>${prose(description)}</p>`}
${fields.length === 0 ? "" : `<table>${fields.join("")}</table>`}
${body === undefined ? "" : `<p>Body: ${typeOf(body.schema, requestBody?.required ?? false)}</p>${example}`}
<table>${answers.join("")}</table></details>`;
}

function renderSchema(schema: JsonSchema, depth = 0): string {
	const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => {
		if (typeof field === "boolean") return "";
		const required = schema.required?.includes(name) ?? false;
		const inner = field.properties !== undefined && depth < MAX_DEPTH ? renderSchema(field, depth + 1) : "";
		return `<tr><td><code>${escaped(name)}</code></td><td>${typeOf(field, required)}${inner}</td></tr>`;
	});
	const examples = schema.examples?.map((example) => `<pre>${escaped(JSON.stringify(example, null, 2))}</pre>`) ?? [];
	const table = fields.length === 0 ? `<p>${typeOf(schema, true)}</p>` : `<table>${fields.join("")}</table>`;
	return table + examples.join("");
}

/** What a value of a schema is, in one line. */
function typeOf(schema: JsonSchema, required: boolean): string {
	const about = schema.description === undefined ? "" : ` <span class="quiet">${prose(schema.description)}</span>`;
	return `${named(schema)}${required ? "" : ' <span class="quiet">optional</span>'}${about}`;
}

function named(schema: JsonSchema): string {
	if (schema.$ref !== undefined) {
		const name = escaped(schema.$ref.slice(REFERENCE.length));
		return `<a href="#${name}">${name}</a>`;
	}
	if (schema.const !== undefined) return `<code>${escaped(JSON.stringify(schema.const))}</code>`;
	if (schema.enum !== undefined)
		return schema.enum.map((one) => `<code>${escaped(JSON.stringify(one))}</code>`).join(" | ");
	const options = schema.anyOf ?? schema.oneOf;
	if (options !== undefined) return options.map((one) => (typeof one === "boolean" ? "any" : named(one))).join(" | ");
	if (schema.type === "array" && typeof schema.items === "object" && !Array.isArray(schema.items)) {
		return `array of ${named(schema.items)}`;
	}
	const bounds = [
		...(schema.minimum === undefined ? [] : [`≥ ${schema.minimum}`]),
		...(schema.maximum === undefined ? [] : [`≤ ${schema.maximum}`]),
		...(schema.maxLength === undefined ? [] : [`at most ${schema.maxLength} characters`]),
		...(schema.default === undefined ? [] : [`${JSON.stringify(schema.default)} unless given`]),
	];
	const type = escaped(String(schema.format ?? schema.type ?? "any"));
	return bounds.length === 0 ? type : `${type}, ${escaped(bounds.join(", "))}`;
}

/** Escaped, with what stands between backticks as code. */
function prose(text: string): string {
	return escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

const ENTITIES: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&#39;",
};

function escaped(text: string): string {
	return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
