import { describe, expect, it } from "vitest";
import { normalPath } from "#http/paths";

describe("normalPath", () => {
	it.each([
		["/v1/chat/completions", "/v1/chat/completions"],
		["/chat/completions", "/v1/chat/completions"],
		["/v1/v1/chat/completions", "/v1/chat/completions"],
		["/api/v1/chat/completions", "/v1/chat/completions"],
		["/openai/v1/chat/completions", "/v1/chat/completions"],
		["/v1//chat/completions/", "/v1/chat/completions"],
		["/models", "/v1/models"],
		["/v1/models/openai/gpt-5.4", "/v1/models/openai/gpt-5.4"],
		["/v1/", "/v1"],
		["/api/v1/models", "/api/v1/models"],
		["/api/v1/models/", "/api/v1/models"],
		["/api/v1/model/openai/gpt-5.4", "/api/v1/model/openai/gpt-5.4"],
		["/api/v1/generation", "/api/v1/generation"],
		["/api/v1/modelsx", "/api/v1/modelsx"],
		["/api/v1/completions", "/v1/completions"],
		["/openai/v1/models", "/v1/models"],
		["/v1/embeddings", "/v1/embeddings"],
		["/rerank", "/v1/rerank"],
		["/moderations", "/v1/moderations"],
		["/", "/"],
		["/healthz", "/healthz"],
		["/admin/keys", "/admin/keys"],
		["/v1x/chat", "/v1x/chat"],
		["/nothing/v1/chat", "/nothing/v1/chat"],
	])("%s means %s", (path, normal) => {
		expect(normalPath(path)).toBe(normal);
	});
});
