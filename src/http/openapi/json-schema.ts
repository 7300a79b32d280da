// Turns the schemas that validate into JSON Schema, each under its name.
import { type ConversionConfig, type JsonSchema, toJsonSchema, toJsonSchemaDefs } from "@valibot/to-json-schema";
import type * as v from "valibot";

/** JSON of each kind that a schema which looks at its input before it decides may tell apart. */
const SAMPLES: readonly unknown[] = ["", true, [], {}, { type: "text" }];

const CONFIG: ConversionConfig = {
	// The form that is written, which validation may turn into another.
	typeMode: "input",
	target: "draft-2020-12",
	// A check that JSON Schema has no word for is left to the error that tells of it.
	errorMode: "ignore",
	overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
	overrideSchema: ({ valibotSchema }) => (valibotSchema.type === "lazy" ? eitherOf(valibotSchema) : undefined),
};

/** Every schema under its name; where one holds another that has a name, it refers to it. */
export function jsonSchemas(named: Readonly<Record<string, v.GenericSchema>>): Record<string, JsonSchema> {
	const all = toJsonSchemaDefs(named, CONFIG);
	// The conversion adds some of its own for lazy schemas, which stand here where they are used.
	return Object.fromEntries(Object.keys(named).map((name) => [name, all[name] ?? {}]));
}

/** What a lazy schema becomes for any input. */
function eitherOf(lazy: v.GenericSchema & { readonly getter?: unknown }): JsonSchema {
	const { getter } = lazy as v.LazySchema<v.GenericSchema>;
	const options = new Map<string, JsonSchema>();
	for (const sample of SAMPLES) {
		const { $schema: _, $defs: __, ...schema } = toJsonSchema(getter(sample), CONFIG);
		if (schema.not === undefined) options.set(JSON.stringify(schema), schema);
	}
	const [first, ...others] = options.values();
	return first === undefined || others.length > 0 ? { anyOf: [...options.values()] } : first;
}
