import { Ajv2020 } from "ajv/dist/2020.js";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { ERROR_CATALOG } from "#core/error-catalog";
import { COMPONENTS, EXAMPLES } from "#http/openapi/components";
import { openApiDocument } from "#http/openapi/document";
import { errorsOf } from "#http/openapi/errors-of";
import { renderPage } from "#http/openapi/page";
import { ROUTES } from "#http/route-table";

const document = openApiDocument(ROUTES);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
	Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);

/** Everything in a JSON value that is called `$ref`. */
function references(value: unknown): string[] {
	if (typeof value !== "object" || value === null) return [];
	return Object.entries(value).flatMap(([key, inner]) =>
		key === "$ref" && typeof inner === "string" ? [inner] : references(inner),
	);
}

describe("the description", () => {
	it("has every route, and no other", () => {
		const written = ROUTES.map(
			({ method, path }) => `${method} ${path.replace(/:(\w+)\+?/g, "{$1}").replace("*", "{path}")}`,
		);
		expect(operations.map(({ name }) => name).sort()).toEqual(written.sort());
	});

	it("gives each route a name of its own", () => {
		const ids = operations.map(({ operation }) => operation.operationId);
		expect(new Set(ids).size).toBe(ids.length);
	});

	it("refers to nothing that it does not have", () => {
		const names = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
		expect(references(document).filter((reference) => !names.includes(reference))).toEqual([]);
	});

	it("is made of JSON Schema", () => {
		const ajv = new Ajv2020({ strict: false, validateFormats: false });
		for (const [name, schema] of Object.entries(document.components.schemas)) {
			expect(ajv.validateSchema(JSON.parse(JSON.stringify(schema))), `${name}: ${ajv.errorsText()}`).toBe(true);
		}
	});

	it("gives examples of bodies and shapes that are valid", () => {
		for (const { method, path, doc } of ROUTES) {
			if (doc.example === undefined || doc.body === undefined) continue;
			const read = v.safeParse(doc.body, doc.example);
			expect(
				read.issues?.map(({ message }) => message),
				`${method} ${path}`,
			).toBeUndefined();
		}
		for (const [name, example] of Object.entries(EXAMPLES)) {
			const schema = COMPONENTS[name];
			expect(schema === undefined ? undefined : v.parse(schema, example), name).toEqual(example);
		}
	});

	it("says what bodies may hold where validation looks before it decides", () => {
		const budgets = JSON.stringify(document.components.schemas.PostAdminTeamsBody);
		for (const word of ['"rolling_seconds"', '"month"', '"requests_per_minute"', '"limit_usd"']) {
			expect(budgets).toContain(word);
		}
		expect(JSON.stringify(document.components.schemas.PostV1ChatCompletionsBody)).toContain('"image_url"');
	});

	it("names every error of the catalogue at some route, but those that no route answers with", () => {
		const told = new Set(ROUTES.flatMap((route) => [...errorsOf(route)]));
		const untold = Object.keys(ERROR_CATALOG).filter((code) => !told.has(code as keyof typeof ERROR_CATALOG));
		// For paths that are no route, and for the log.
		expect(untold.sort()).toEqual([
			"client_closed_request",
			"method_not_allowed",
			"unknown_url",
			"websocket_not_spoken",
		]);
	});

	it("is told to people with every route and shape, and nothing unescaped", () => {
		const page = renderPage({ ...document, info: { ...document.info, summary: "<script>alert(1)</script>" } });
		for (const { operation } of operations) expect(page).toContain(`id="${operation.operationId}"`);
		for (const name of Object.keys(document.components.schemas)) expect(page).toContain(`id="${name}"`);
		expect(page).not.toContain("<script");
	});
});
