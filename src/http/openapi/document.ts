// The API's own description, as OpenAPI 3.1: made from the route table and the schemas that its routes validate by.
import type { JsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { ERROR_CATALOG, type ErrorCode } from "#core/error-catalog";
import type { Route } from "#http/call";
import { VERSION } from "#version";
import { AnthropicErrorView, COMPONENTS, ErrorView, EXAMPLES } from "./components";
import { errorsOf } from "./errors-of";
import { jsonSchemas } from "./json-schema";

interface Media {
	readonly schema: JsonSchema;
	readonly example?: unknown;
}
type Content = Readonly<Record<string, Media>>;

interface Parameter {
	readonly name: string;
	readonly in: "path" | "query";
	readonly required: boolean;
	readonly schema: JsonSchema;
}

/** One route as the document has it. */
export interface Operation {
	readonly operationId: string;
	readonly tags: readonly string[];
	readonly summary: string;
	readonly description?: string;
	readonly security: readonly Readonly<Record<string, readonly string[]>>[];
	readonly parameters: readonly Parameter[];
	readonly requestBody?: { readonly required: boolean; readonly content: Content };
	readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

export interface OpenApiDocument {
	readonly openapi: "3.1.0";
	readonly info: Readonly<Record<"title" | "version" | "summary" | "description", string>>;
	readonly servers: readonly { readonly url: string }[];
	readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
	readonly components: {
		readonly schemas: Readonly<Record<string, JsonSchema>>;
		readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>;
	};
}

const SECURITY: Readonly<Record<Route["access"], Operation["security"]>> = {
	public: [],
	key: [{ key: [] }, { keyHeader: [] }],
	spend: [{ key: [] }, { keyHeader: [] }],
	admin: [{ admin: [] }],
};

/** Describes every route of a table. */
export function openApiDocument(routes: readonly Route[]): OpenApiDocument {
	const named = new NamedSchemas(COMPONENTS);
	const paths: Record<string, Record<string, Operation>> = {};
	for (const route of routes) {
		const path = pathOf(route);
		paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, named) };
	}
	return {
		openapi: "3.1.0",
		info: {
			title: "Tollgate",
			version: VERSION,
			summary: "AI gateway: one API in front of many providers, with budgets that hold",
			description: "Errors are named by `code`. Every answer carries `x-request-id`.",
		},
		servers: [{ url: "/" }],
		paths,
		components: {
			schemas: named.converted(),
			securitySchemes: {
				key: { type: "http", scheme: "bearer", description: "An API key." },
				keyHeader: { type: "apiKey", in: "header", name: "x-api-key", description: "The same, in its own header." },
				admin: { type: "http", scheme: "bearer", description: "An admin token." },
			},
		},
	};
}

/** Gives each schema one name, and turns all of them into JSON Schema at once. */
class NamedSchemas {
	readonly #names = new Map<v.GenericSchema, string>();

	constructor(named: Readonly<Record<string, v.GenericSchema>>) {
		for (const [name, schema] of Object.entries(named)) this.#names.set(schema, name);
	}

	/** A reference to a schema, which is named so unless it has a name. */
	refer(schema: v.GenericSchema, name: string): JsonSchema {
		const known = this.#names.get(schema) ?? name;
		this.#names.set(schema, known);
		return { $ref: `#/components/schemas/${known}` };
	}

	converted(): Record<string, JsonSchema> {
		const all = jsonSchemas(Object.fromEntries([...this.#names].map(([schema, name]) => [name, schema])));
		for (const [name, example] of Object.entries(EXAMPLES)) Object.assign(all[name] ?? {}, { examples: [example] });
		return all;
	}
}

function operationOf(route: Route, named: NamedSchemas): Operation {
	const { method, path, access, doc } = route;
	const words = path.split("/").filter((word) => word !== "");
	const id = [method.toLowerCase(), ...words.map((word) => word.replace(/\W+/g, "_").replace(/^_|_$/g, ""))];
	const schemaName = id
		.map((word) => word.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase()))
		.join("");
	const [first = "", second] = words;
	const answer: Media = { schema: named.refer(doc.answer, `${schemaName}Answer`) };
	return {
		operationId: id.join("_"),
		tags: [second === undefined ? "operations" : first === "admin" ? second : "inference"],
		summary: doc.summary,
		...(doc.text !== undefined && { description: doc.text }),
		security: SECURITY[access],
		parameters: parametersOf(route),
		...(doc.body !== undefined && {
			requestBody: {
				required: doc.bodyIsOptional !== true,
				content: {
					[doc.bodyMedia ?? "application/json"]: {
						schema: named.refer(doc.body, `${schemaName}Body`),
						...(doc.example !== undefined && { example: doc.example }),
					},
					...texts(doc.accepts),
				},
			},
		}),
		responses: {
			[String(doc.status ?? 200)]: {
				description: "done",
				content: { [doc.media ?? "application/json"]: answer, ...texts(doc.also) },
			},
			...errorResponses(route, named),
		},
	};
}

function texts(types: readonly string[] = []): Content {
	return Object.fromEntries(types.map((type) => [type, { schema: { type: "string" } }]));
}

function errorResponses(route: Route, named: NamedSchemas): Operation["responses"] {
	const byStatus = new Map<number, ErrorCode[]>();
	for (const code of errorsOf(route)) {
		const { status } = ERROR_CATALOG[code];
		byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
	}
	const isAnthropic = "face" in route && typeof route.face === "object" && route.path.startsWith("/v1/messages");
	const schema = isAnthropic ? named.refer(AnthropicErrorView, "AnthropicError") : named.refer(ErrorView, "Error");
	return Object.fromEntries(
		[...byStatus]
			.toSorted(([a], [b]) => a - b)
			.map(([status, codes]) => [
				String(status),
				{
					description: codes.map((code) => `\`${code}\``).join(", "),
					content: { "application/json": { schema } },
				},
			]),
	);
}

/** A path in OpenAPI's form. */
function pathOf({ path }: Route): string {
	return path.replace(/:(\w+)\+?/g, "{$1}").replace("*", "{path}");
}

function parametersOf(route: Route): Parameter[] {
	const { doc } = route;
	const inPath = [...pathOf(route).matchAll(/{(\w+)}/g)].map(
		([, name = ""]): Parameter => ({ name, in: "path", required: true, schema: { type: "string" } }),
	);
	const query = doc.query === undefined ? undefined : jsonSchemas({ query: doc.query }).query;
	const inQuery = Object.entries(query?.properties ?? {}).map(
		([name, schema]): Parameter => ({
			name,
			in: "query",
			required: query?.required?.includes(name) ?? false,
			schema: typeof schema === "boolean" ? {} : schema,
		}),
	);
	return [...inPath, ...inQuery];
}
