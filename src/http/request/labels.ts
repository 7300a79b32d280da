// Reads the labels that a request carries in headers and body: app, end user, metadata.
import { invalidRequest } from "#core/errors";
import type { Labels } from "#gateway/record/request-recorder";
import type { HeaderReader } from "#lib/header-map";
import { isObject } from "#lib/json";
import { cutToBytes } from "#lib/text-bytes";
import { sessionOf } from "./session";

const MAX_ENTRIES = 16;
const MAX_NAME_CHARACTERS = 64;
const MAX_VALUE_CHARACTERS = 256;
/** Longest value that is kept of the headers that name app and end user, in bytes of UTF-8. */
const LABEL_BYTES = 128;

const OWN = "x-tollgate-metadata";
/** What users of other gateways send already, as one JSON object. */
const SYNONYMS = ["x-portkey-metadata", "cf-aig-metadata"];
/** The same with one header for each label. */
const PREFIX = "helicone-property-";

const END_USER_HEADERS = ["x-openwebui-user-id", "helicone-user-id"];

/** Throws `GatewayError` 400 when `x-tollgate-metadata` is malformed. */
export function checkLabels(headers: HeaderReader): void {
	const own = headers.get(OWN);
	if (own !== null) ownMetadata(own);
}

/** Whose request it is and what for. Throws as `checkLabels` does; whatever else is malformed is left out. */
export function labelsOf(headers: HeaderReader): Labels {
	return {
		app: labelIn(headers, ["x-title"]) ?? originOf(headers.get("http-referer")) ?? productOf(headers.get("user-agent")),
		session: sessionOf(headers),
		endUser: labelIn(headers, END_USER_HEADERS),
		metadata: metadataOf(headers),
	};
}

function labelIn(headers: HeaderReader, names: readonly string[]): string | null {
	for (const name of names) {
		const value = headers.get(name)?.trim();
		if (value) return cutToBytes(value, LABEL_BYTES);
	}
	return null;
}

/** A site without its paths, which may hold anything. */
function originOf(referer: string | null): string | null {
	if (referer === null || !URL.canParse(referer)) return null;
	return cutToBytes(new URL(referer).host, LABEL_BYTES) || null;
}

/** The first product of a user agent with its version: "openai-python/2.1" of "openai-python/2.1 (linux)". */
function productOf(userAgent: string | null): string | null {
	const product = /^[^\s(),;]+/.exec(userAgent ?? "")?.[0];
	return product === undefined ? null : cutToBytes(product, LABEL_BYTES);
}

/** The caller's own labels; ours win over those of other gateways. */
function metadataOf(headers: HeaderReader): Record<string, string> {
	const own = headers.get(OWN);
	if (own !== null) return ownMetadata(own);
	const labels: Record<string, string> = {};
	const add = (name: string, value: unknown): void => {
		if (Object.keys(labels).length < MAX_ENTRIES && isEntry(name, value)) labels[name] = String(value);
	};
	for (const header of SYNONYMS) {
		const text = headers.get(header);
		if (text === null) continue;
		for (const [name, value] of Object.entries(parsed(text) ?? {})) add(name, value);
	}
	for (const header of headers.keys()) {
		if (header.startsWith(PREFIX)) add(header.slice(PREFIX.length), headers.get(header));
	}
	return labels;
}

function ownMetadata(text: string): Record<string, string> {
	const object = parsed(text);
	const entries = Object.entries(object ?? {});
	if (object === null || entries.length > MAX_ENTRIES || !entries.every(([name, value]) => isEntry(name, value))) {
		throw invalidRequest(
			`must be a JSON object of at most ${MAX_ENTRIES} strings, numbers or booleans: names up to ${MAX_NAME_CHARACTERS} characters, values up to ${MAX_VALUE_CHARACTERS}`,
			OWN,
		);
	}
	return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function parsed(text: string): Record<string, unknown> | null {
	try {
		const value: unknown = JSON.parse(text);
		return isObject(value) ? value : null;
	} catch {
		return null;
	}
}

function isEntry(name: string, value: unknown): boolean {
	if (name === "" || name.length > MAX_NAME_CHARACTERS || name === "__proto__") return false;
	return ["string", "number", "boolean"].includes(typeof value) && String(value).length <= MAX_VALUE_CHARACTERS;
}
