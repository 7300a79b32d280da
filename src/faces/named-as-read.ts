/**
 * Whether a body can go out as it came. The gateway limits, holds and refuses by the fields that it reads; what it does
 * not read may say nothing that a lenient server takes for one of them, nor draw on what a vendor's account keeps.
 */
import { foldedName } from "#core/chat/field-name";
import { isStateId } from "#core/chat/vendor-state";
import { isObject } from "#lib/json";

/** No field that is read has any of these letters. */
const UNUSUAL = /[A-Z\u0080-\uffff]/;
/** What stands there is the caller's own data. */
const DATA = new Set(["arguments", "input_schema", "metadata", "parameters", "schema"]);

/** Whether no name in a value, however deep, looks like one of `read`, which are folded, or holds an account's id. */
export function isNamedAsRead(value: unknown, read: ReadonlySet<string>): boolean {
	if (Array.isArray(value)) return value.every((one) => typeof one !== "object" || isNamedAsRead(one, read));
	if (!isObject(value)) return true;
	const isCall = value.type === "tool_use";
	for (const name in value) {
		const held = value[name];
		if (UNUSUAL.test(name) && read.has(foldedName(name))) return false;
		if (isStateId(name, held)) return false;
		if (typeof held !== "object" || DATA.has(name) || (isCall && name === "input")) continue;
		if (!isNamedAsRead(held, read)) return false;
	}
	return true;
}
