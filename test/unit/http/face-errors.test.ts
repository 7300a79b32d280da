import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import type { RequestId } from "#core/ids";
import type { Face } from "#faces/face";
import { openaiChat } from "#faces/openai-chat/index";
import type { Route } from "#http/call";
import { errorResponse } from "#http/errors";
import { faceAt } from "#http/face-at";
import { ROUTES } from "#http/route-table";
import { modelRoutes } from "#http/routes/v1/models";

const REQUEST_ID = "req_1" as RequestId;

/** A face with an envelope of its own. */
const other: Face = { ...openaiChat, name: "other", error: ({ code }, id) => ({ type: "error", code, id }) };
const nested: Face = { ...other, name: "nested" };

const doc = { summary: "a route of a test", answer: v.unknown() };

function spending(path: string, face: Face): Route {
	return { method: "POST", path, access: "spend", face, doc, handle: () => new Response() };
}

const routes: Route[] = [
	{ method: "GET", path: "/v1/others", access: "public", doc, handle: () => new Response() },
	spending("/v1/other", other),
	spending("/v1/other/nested", nested),
	...modelRoutes("/v1/other-models", (headers) => (headers.has("x-nested") ? nested : other), {
		list: v.unknown(),
		one: v.unknown(),
	}),
	spending("/v1/chat/completions", openaiChat),
];

describe("the face whose envelope an error has", () => {
	it.each([
		["/v1/other", "other"],
		["/v1/other/unknown/path", "other"],
		["/v1/other/nested", "nested"],
		["/v1/other/nested/deeper", "nested"],
		["/v1/other-models", "other"],
		["/v1/other-models/some/model", "other"],
		["/v1/others", "chat"],
		["/v1/otherwise", "chat"],
		["/v1/chat/completions", "chat"],
		["/admin/keys", "chat"],
		["/", "chat"],
	])("is at %s the one called %s", (path, name) => {
		expect(faceAt(path, new Headers(), routes).name).toBe(name);
	});

	it("is the one that the headers ask for, where there are several", () => {
		expect(faceAt("/v1/other-models/some/model", new Headers({ "x-nested": "" }), routes).name).toBe("nested");
	});

	it("is that of the route for each route that has one", () => {
		const faced = ROUTES.flatMap((route) => ("face" in route ? [route] : []));
		expect(faced.map(({ path }) => path)).toContain("/v1/models/:id+");
		const headers = new Headers();
		for (const { path, face } of faced) {
			expect(faceAt(path, headers, ROUTES)).toBe(typeof face === "function" ? face(headers, path) : face);
		}
	});
});

describe("an error of a face", () => {
	it("has its envelope, with the status and the headers that all have", async () => {
		const error = GatewayError.of("rate_limit_exceeded", "too many", { retryAfterMs: 1_500 });
		const response = errorResponse(error, REQUEST_ID, other);
		expect(response.status).toBe(429);
		expect(response.headers.get("retry-after-ms")).toBe("1500");
		expect(await response.json()).toEqual({ type: "error", code: "rate_limit_exceeded", id: "req_1" });
	});
});
