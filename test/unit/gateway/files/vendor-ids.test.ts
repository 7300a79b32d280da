import { expect, it } from "vitest";
import { withVendorIds } from "#gateway/files/vendor-ids";

it("puts the vendor's ids where the gateway's stand as ids, and leaves every other part as it was", () => {
	const text = { type: "text", text: "file_1" };
	const other = { role: "user", content: [text] };
	const body = {
		model: "m",
		input: [
			other,
			{ content: [text, { type: "input_file", file_id: "file_1" }, { type: "input_file", file_id: "x" }] },
		],
	};
	const sent = withVendorIds(body, new Map([["file_1", "file-abc"]]));
	expect(sent).toEqual({
		model: "m",
		input: [
			other,
			{ content: [text, { type: "input_file", file_id: "file-abc" }, { type: "input_file", file_id: "x" }] },
		],
	});
	expect((sent.input as unknown[])[0]).toBe(other);
	expect(withVendorIds(body, new Map())).toBe(body);
});
