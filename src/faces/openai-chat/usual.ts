/**
 * Recognises the messages and tools that the schema would take over as they are: nearly all that come. They are not
 * copied, and need not be looked at field by field by a schema that has to be able to explain what is wrong.
 */
import { isObject } from "#lib/json";

type Check = (value: unknown) => boolean;

/** Names that the schema leaves out. */
const LEFT_OUT = new Set(["__proto__", "constructor", "prototype"]);

const text: Check = (value) => typeof value === "string";
const name: Check = (value) => typeof value === "string" && value !== "";
const flag: Check = (value) => typeof value === "boolean";
/** Where the schema looks further than this file does. */
const absent: Check = () => false;

function is(word: string): Check {
	return (value) => value === word;
}

function either(one: Check, other: Check): Check {
	return (value) => one(value) || other(value);
}

function listOf(each: Check): Check {
	return (value) => Array.isArray(value) && value.every(each);
}

/** An object with all of the required fields, and any that are not named. */
function object(required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check {
	const checks = new Map(Object.entries({ ...required, ...optional }));
	const names = Object.keys(required);
	return (value) => {
		if (!isObject(value)) return false;
		for (const field in value) {
			const check = checks.get(field);
			if (check === undefined ? LEFT_OUT.has(field) : !check(value[field])) return false;
		}
		for (const field of names) if (!Object.hasOwn(value, field)) return false;
		return true;
	};
}

const TEXT_PART = object({ type: is("text"), text });
const IMAGE_PART = object({ type: is("image_url"), image_url: object({ url: name }, { detail: absent }) });
const TEXTS = either(text, listOf(TEXT_PART));
const CALL = object(
	{ id: name, type: is("function"), function: object({ name, arguments: text }) },
	{ extra_content: absent },
);

const MESSAGES: Readonly<Record<string, Check>> = {
	system: object({ content: TEXTS }),
	developer: object({ content: TEXTS }),
	user: object({ content: either(text, listOf(either(TEXT_PART, IMAGE_PART))) }, { name: text }),
	assistant: object(
		{},
		{
			content: TEXTS,
			refusal: text,
			name: text,
			tool_calls: listOf(CALL),
			audio: absent,
			reasoning_content: text,
			reasoning_details: absent,
			images: absent,
		},
	),
	tool: object({ tool_call_id: name, content: TEXTS }),
};

const isMessage: Check = (value) => {
	if (!isObject(value) || typeof value.role !== "string" || !Object.hasOwn(MESSAGES, value.role)) return false;
	return MESSAGES[value.role]?.(value) === true;
};

const TOOL = object({
	type: is("function"),
	function: object({ name }, { description: text, parameters: isObject, strict: flag }),
});

/** Whether the schema of messages takes a value, and changes nothing of it. */
export function areUsualMessages(value: unknown): boolean {
	return Array.isArray(value) && value.length > 0 && value.every(isMessage);
}

/** Whether the schema of tools takes a value, and changes nothing of it. */
export function areUsualTools(value: unknown): boolean {
	return Array.isArray(value) && value.length > 0 && value.length <= MAX_TOOLS && value.every(TOOL);
}

/** The most tools of a request. */
export const MAX_TOOLS = 1024;
