// The fields of a form as the platform reads it: a file as an `UploadedFile`, a repeated field as a list.
import { UploadedFile } from "#simulator/wire/wire";

export async function fieldsOf(form: FormData): Promise<Record<string, unknown>> {
	const fields: Record<string, unknown> = {};
	for (const name of new Set(form.keys())) {
		const values = await Promise.all(form.getAll(name).map(contentOf));
		fields[name] = values.length === 1 && !name.endsWith("[]") ? values[0] : values;
	}
	return fields;
}

async function contentOf(value: string | File): Promise<string | UploadedFile> {
	if (typeof value === "string") return value;
	return new UploadedFile(value.name, value.type, new Uint8Array(await value.arrayBuffer()));
}
