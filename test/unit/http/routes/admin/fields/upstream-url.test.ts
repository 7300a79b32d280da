import { describe, expect, test } from "vitest";
import { GatewayError } from "#core/errors";
import { upstreamUrl } from "#http/routes/admin/fields/upstream-url";

function refusal(text: string, local: boolean): string {
	try {
		return `accepted as ${upstreamUrl(text, local)}`;
	} catch (error) {
		if (!(error instanceof GatewayError)) throw error;
		expect(error.details).toMatchObject({ status: 400, param: "base_url" });
		return error.details.message;
	}
}

describe("in production", () => {
	test.each([
		["https://api.example.com/v1", "https://api.example.com/v1"],
		["https://api.example.com/v1/", "https://api.example.com/v1"],
		["https://api.example.com", "https://api.example.com"],
		["https://API.Example.com:8443/openai/v1", "https://api.example.com:8443/openai/v1"],
		["https://localhost.example.com/v1", "https://localhost.example.com/v1"],
	])("%s is accepted", (text, stored) => {
		expect(upstreamUrl(text, false)).toBe(stored);
	});

	test.each([
		"http://api.example.com/v1",
		"ftp://api.example.com/v1",
		"javascript:alert(1)",
		"file:///etc/passwd",
		"api.example.com/v1",
		"//api.example.com",
		"",
		"https://",
		"https://user@api.example.com/v1",
		"https://user:password@api.example.com/v1",
		"https://:password@api.example.com/v1",
		"https://api.example.com@127.0.0.1/v1",
		"https://api.example.com/v1?key=1",
		"https://api.example.com/v1#x",
		"https://127.0.0.1/v1",
		"https://127.1/v1",
		"https://2130706433/v1",
		"https://0x7f000001/v1",
		"https://0x7f.0.0.1/v1",
		"https://0177.0.0.1/v1",
		"https://127.0.0.1./v1",
		"https://１２７.0.0.1/v1",
		"https://127。0。0。1/v1",
		"https://0/v1",
		"https://10.0.0.1/v1",
		"https://169.254.169.254/latest/meta-data",
		"https://192.168.1.1/v1",
		"https://8.8.8.8/v1",
		"https://[::1]/v1",
		"https://[::ffff:127.0.0.1]/v1",
		"https://[fd00::1]/v1",
		"https://[2001:db8::1]/v1",
		"https://localhost/v1",
		"https://localhost./v1",
		"https://LOCALHOST/v1",
		"https://ⓛocalhost/v1",
		"https://api.localhost/v1",
		"https://api.localhost../v1",
		"https://metadata/v1",
		"https://metadata.google.internal/v1",
		"https://printer.local/v1",
		"https://intra.corp/v1",
		"https://nas.lan/v1",
		"https://router.home/v1",
		"https://router.home.arpa/v1",
		"https://host.docker.internal/v1",
	])("%s is refused", (text) => {
		expect(refusal(text, false)).toMatch(/^\[gateway\] `base_url` must/);
	});
});

describe("in the local environment", () => {
	test.each([
		"http://127.0.0.1:9/v1",
		"http://localhost:1234/v1",
		"http://[::1]:8080/v1",
		"https://api.example.com/v1",
	])("%s is accepted", (text) => expect(upstreamUrl(text, true)).toBe(text));

	test.each(["ftp://127.0.0.1/v1", "http://user:password@127.0.0.1/v1", "http://127.0.0.1/v1?x=1", "nonsense"])(
		"%s is refused",
		(text) => expect(refusal(text, true)).toMatch(/^\[gateway\] `base_url` must/),
	);
});
