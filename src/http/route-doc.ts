// What the API's own description says of a route.
import type * as v from "valibot";
import type { ErrorCode } from "#core/error-catalog";

/** The schema of a query, which names its parameters. */
export type QuerySchema = v.GenericSchema & { readonly entries: v.ObjectEntries };

/** What the API's description says of one route. The document is made of these, and of nothing else. */
export interface RouteDoc {
	/** One line, without a full stop. */
	readonly summary: string;
	/** What cannot be read from the schemas. */
	readonly text?: string;
	/** What decodes the query; absent, none is read. */
	readonly query?: QuerySchema;
	/** What validates the body; absent, none is read. */
	readonly body?: v.GenericSchema;
	/** A body that is accepted. */
	readonly example?: unknown;
	/** Whether the body may be left out. */
	readonly bodyIsOptional?: true;
	/** The media type of a body that is not JSON; absent: it is. */
	readonly bodyMedia?: "multipart/form-data";
	/** Media types that a body may have beside JSON. */
	readonly accepts?: readonly string[];
	/** What a success answers. */
	readonly answer: v.GenericSchema;
	/** Its media type; JSON unless given. */
	readonly media?: string;
	/** The status of a success; 200 unless given. */
	readonly status?: 201;
	/** Media types that a success may have beside what `answer` says. */
	readonly also?: readonly string[];
	/** Codes beside those that every route with such access and such a body may answer. */
	readonly errors?: readonly ErrorCode[];
}
