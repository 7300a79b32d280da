// `GET /openapi.json` and `GET /docs`: what the API says of itself, to machines and to people.
import { createHash } from "node:crypto";
import * as v from "valibot";
import type { Route } from "#http/call";
import { type OpenApiDocument, openApiDocument } from "#http/openapi/document";
import { renderPage, STYLE } from "#http/openapi/page";
import { AnyObject } from "#http/views/shown";

/** What an isolate has made of a table once someone asked; it never changes while the code does not. */
interface Description {
	readonly document: OpenApiDocument;
	readonly json: string;
	page?: string;
}

const made = new WeakMap<readonly Route[], Description>();

/** The routes that describe a table, which they may themselves be part of. */
export function descriptionRoutes(table: () => readonly Route[]): Route[] {
	return [
		{
			method: "GET",
			path: "/openapi.json",
			access: "public",
			doc: { summary: "Describe the API, as OpenAPI 3.1", answer: AnyObject },
			handle: () => new Response(descriptionOf(table()).json, { headers: { "content-type": "application/json" } }),
		},
		{
			method: "GET",
			path: "/docs",
			access: "public",
			doc: { summary: "Describe the API, as a page", answer: v.string(), media: "text/html" },
			handle: () => page(descriptionOf(table())),
		},
	];
}

function descriptionOf(routes: readonly Route[]): Description {
	const known = made.get(routes);
	if (known !== undefined) return known;
	const document = openApiDocument(routes);
	const description = { document, json: JSON.stringify(document) };
	made.set(routes, description);
	return description;
}

/** Nothing but its own style may come into the page, and no other page may frame it. */
const POLICY = [
	"default-src 'none'",
	`style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
].join("; ");

function page(description: Description): Response {
	description.page ??= renderPage(description.document);
	return new Response(description.page, {
		headers: {
			"content-type": "text/html; charset=utf-8",
			"content-security-policy": POLICY,
			"referrer-policy": "no-referrer",
		},
	});
}
