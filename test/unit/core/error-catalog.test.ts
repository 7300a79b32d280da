import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ERROR_CATALOG } from "#core/error-catalog";
import { GatewayError } from "#core/errors";

/** A row of a table of errors: `| 404 | `type` | `code`, `code` | when |`. */
const ROW = /^\| (\d{3}) \| `(\w+)` \| (`.*?) \| (.+) \|$/;

/** What docs/api.md says of each code, one for each time that a table has it. */
const documented = readFileSync("docs/api.md", "utf8")
	.split("\n")
	.flatMap((line) => {
		const [, status, type, codes = "", when] = ROW.exec(line) ?? [];
		return [...codes.matchAll(/`(\w+)`/g)].map(([, code = ""]) => ({ code, status: Number(status), type, when }));
	});

describe("docs/api.md", () => {
	it("tells of each error of the catalogue, and of no other", () => {
		expect([...new Set(documented.map(({ code }) => code))].sort()).toEqual(Object.keys(ERROR_CATALOG).sort());
	});

	it("tells of each error with its status and type, once", () => {
		// An alias that names a missing model is a wrong body: the one code with a status of its own there.
		const [usual, others] = [
			documented.filter(({ code, status }) => code !== "model_not_found" || status !== 400),
			documented.filter(({ code, status }) => code === "model_not_found" && status === 400),
		];
		expect(others).toHaveLength(1);
		expect(usual.map(({ code, status, type }) => [code, status, type]).sort()).toEqual(
			Object.entries(ERROR_CATALOG)
				.map(([code, { status, type }]) => [code, status, type])
				.sort(),
		);
	});
});

describe("GatewayError", () => {
	it("takes status, type and advice on retries from the catalogue, and says who speaks", () => {
		expect(GatewayError.of("registry_unavailable", "try again").details).toEqual({
			status: 503,
			type: "server_error",
			code: "registry_unavailable",
			message: "[gateway] try again",
			retryAfterMs: 1_000,
		});
		expect(GatewayError.of("upstream_credential_refused", "no", { speaker: "acme" }).details).toEqual({
			status: 502,
			type: "server_error",
			code: "upstream_credential_refused",
			message: "[acme] no",
			shouldRetry: false,
		});
	});

	it("is told anew with other details, and without those that are taken off", () => {
		const error = GatewayError.of("model_not_found", "there is none", { param: "model" });
		const changed = error.with({ status: 400, param: "models[0]", shouldRetry: undefined });
		expect(changed.details).toEqual({
			status: 400,
			type: "invalid_request_error",
			code: "model_not_found",
			message: "[gateway] there is none",
			param: "models[0]",
		});
		expect(changed.message).toBe("[gateway] there is none");
		expect(error.details).toMatchObject({ status: 404, param: "model", shouldRetry: false });
	});
});
