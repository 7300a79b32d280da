/** A form's parts as fields with values, as a face reads them: texts, files, and lists of either. */
import { type FormPart, MultipartError } from "./multipart";
import { decodeUtf8 } from "./text-bytes";

/**
 * The longest text of a field that is no file, in bytes: the longest prompt that OpenAI takes, four bytes a character.
 */
export const MAX_FIELD_BYTES = 128 * 1024;

/** A file of a form. Shown, or written as JSON, it has everything but its bytes. */
export class FormFile {
	readonly name: string;
	/** Its media type as its sender names it; null where it names none. */
	readonly type: string | null;
	/** In bytes. */
	readonly size: number;
	readonly #bytes: Uint8Array;

	constructor(name: string, type: string | null, bytes: Uint8Array) {
		this.name = name;
		this.type = type;
		this.size = bytes.byteLength;
		this.#bytes = bytes;
	}

	/** A view of the body that it came in. */
	get bytes(): Uint8Array {
		return this.#bytes;
	}
}

type FormValue = string | FormFile;

/**
 * The fields of a form by name. One that is named with `[]` behind it is a list, and so is one that comes more than
 * once. Throws `MultipartError` for a text that is too long or not UTF-8.
 */
export function formFields(parts: readonly FormPart[]): Record<string, FormValue | FormValue[]> {
	const fields = new Map<string, FormValue | FormValue[]>();
	for (const part of parts) {
		const isList = part.name.endsWith("[]");
		const name = isList ? part.name.slice(0, -2) : part.name;
		const value = contentOf(part);
		const before = fields.get(name);
		if (Array.isArray(before)) before.push(value);
		else if (before !== undefined) fields.set(name, [before, value]);
		else fields.set(name, isList ? [value] : value);
	}
	return Object.fromEntries(fields);
}

function contentOf({ name, fileName, type, bytes }: FormPart): FormValue {
	if (fileName !== undefined) return new FormFile(fileName, type ?? null, bytes);
	if (bytes.byteLength > MAX_FIELD_BYTES)
		throw new MultipartError(`has a field of more than ${MAX_FIELD_BYTES / 1024} KiB that is no file`, name);
	const text = decodeUtf8(bytes);
	if (text === null) throw new MultipartError("has a field that is not UTF-8", name);
	return text;
}
