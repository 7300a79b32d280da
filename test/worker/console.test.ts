// The console's page, and that nothing else here is one.
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ROUTES } from "#http/route-table";
import { send } from "#test/worker/gateway";

/** As a browser asks for an address that a person entered; a page is no answer of the API, so no oracle judges it. */
const navigate = (path: string): Promise<Response> =>
	exports.default.fetch(`http://gateway${path}`, {
		headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8", "sec-fetch-mode": "navigate" },
		redirect: "manual",
	});

describe("the console", () => {
	it("is one page at each of its addresses", async () => {
		for (const path of ["/console/", "/console/keys", "/console/requests?open=req_1"]) {
			const page = await navigate(path);
			expect(page.status).toBe(200);
			expect(page.headers.get("content-type")).toContain("text/html");
			expect(await page.text()).toContain('<div id="root">');
		}
	});

	it("has a policy that runs its own scripts and no others", async () => {
		const page = await navigate("/console/keys");
		await page.body?.cancel();
		expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
		expect(page.headers.get("content-security-policy")).not.toContain("unsafe");
	});

	it("answers a file that is missing, or a program, as what it is", async () => {
		const missing = await send("http://gateway/console/assets/index-gone.js", { headers: { accept: "*/*" } });
		expect(missing.status).toBe(404);
		expect(await missing.json()).toMatchObject({ error: { code: "unknown_url" } });
	});

	it("is where the root leads a browser, and only a browser", async () => {
		const browser = await navigate("/");
		expect([browser.status, browser.headers.get("location")]).toEqual([302, "http://gateway/console/"]);
		const program = await send("http://gateway/", { headers: { accept: "*/*" } });
		expect(await program.json()).toMatchObject({ base_url: "http://gateway/v1" });
	});
});

describe("every other address", () => {
	const paths = [...new Set(ROUTES.map(({ path }) => path))].filter(
		// The API's description for people is a page of our own, with a policy of its own.
		(path) => path !== "/" && path !== "/docs" && !path.startsWith("/console"),
	);

	it.each([...paths, "/v1/chat/completion", "/consol", "/admin/"])("%s is no page", async (path) => {
		const answer = await navigate(path.replaceAll(/:\w+/g, "x").replace("*", "x"));
		await answer.body?.cancel();
		expect(answer.headers.get("content-type") ?? "").not.toContain("html");
		expect(answer.headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
		expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
	});
});
