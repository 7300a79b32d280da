// Reads a provider's own list of models, which is not trusted: bounded in bytes, pages, models and time.
import { type Fault, UpstreamError } from "#core/fault";
import { readText } from "#gateway/upstream/body";
import { parseJson } from "#lib/json";
import { byteLength } from "#lib/text-bytes";
import type { ListedModel, ModelLister } from "#providers/model-lists/list-page";
import type { Provider, ProviderCredential } from "#providers/provider";
import { malformed } from "#providers/shared/faults";

/** The most that is read of a list, all its pages together. OpenRouter's is of about one million bytes. */
const MAX_LIST_BYTES = 8_000_000;
const MAX_PAGES = 20;
/** The most models that are kept of a list. */
const MAX_LISTED_MODELS = 2_000;
/** How long all pages may take together. */
const MAX_LIST_MS = 20_000;

/** A provider's list as it was read. */
export interface ReadList {
	/** No two of one name, in any case. */
	readonly models: readonly ListedModel[];
	/** Entries that could not be read, or repeat another. */
	readonly skipped: number;
	/** Entries of what is no model to chat with, or belongs to one account. */
	readonly others: number;
	/** Whether there was more than is read: then nothing can be said to be gone. */
	readonly isCut: boolean;
}

/**
 * Reads a provider's list with its first credential, within `maxMs` milliseconds for all its pages. Throws
 * `UpstreamError`.
 */
export async function readList(
	{ adapter, credentials: [credential] }: Provider,
	lister: ModelLister,
	clock: () => number,
	maxMs = MAX_LIST_MS,
): Promise<ReadList> {
	if (credential === undefined) throw new UpstreamError(fault("credential", "there is no credential that can be used"));
	const end = AbortSignal.timeout(maxMs);
	const list = new ListInParts();
	let page: string | null = null;
	try {
		for (let count = 0; count < MAX_PAGES; count++) {
			const look = { path: lister.path(page), ...(lister.headers && { headers: lister.headers }) };
			const response = await credential.look(look, end);
			const text = await readText(response, MAX_LIST_BYTES - list.size);
			if (!response.ok) {
				const reply = { status: response.status, headers: response.headers, body: text ?? "", now: clock() };
				throw new UpstreamError(adapter.fault(reply));
			}
			if (text === null) throw malformed(`the list of models is longer than ${MAX_LIST_BYTES} bytes`);
			// What repeats the credential as a name is no name.
			const next = list.add(credential.conceal(text), lister);
			if (next === null || list.isFull || next === page) return list.read(next !== null);
			page = next;
		}
		return list.read(true);
	} catch (error) {
		throw error instanceof UpstreamError ? concealed(error, credential) : unreachable(error, end, maxMs);
	}
}

class ListInParts {
	readonly #models = new Map<string, ListedModel>();
	size = 0;
	#skipped = 0;
	#others = 0;

	get isFull(): boolean {
		return this.#models.size >= MAX_LISTED_MODELS;
	}

	/** Takes one page; returns what names the next. Throws `UpstreamError` for what is no list. */
	add(text: string, lister: ModelLister): string | null {
		this.size += byteLength(text);
		const body = parseJson(text);
		if (body === undefined) throw malformed("the list of models is not JSON");
		const { models, skipped, others, next } = lister.read(body);
		this.#skipped += skipped;
		this.#others += others;
		for (const model of models) {
			const name = model.id.toLowerCase();
			if (this.isFull || this.#models.has(name)) this.#skipped++;
			else this.#models.set(name, model);
		}
		return next;
	}

	/** Throws `UpstreamError` for a list without models: that a vendor has none is not believed. */
	read(isCut: boolean): ReadList {
		if (this.#models.size === 0) throw malformed("the list has no models that can be read");
		const models = [...this.#models.values()];
		return { models, skipped: this.#skipped, others: this.#others, isCut: isCut || this.isFull };
	}
}

function fault(kind: Fault["kind"], message: string): Fault {
	return { kind, status: null, message };
}

function concealed({ fault }: UpstreamError, { conceal }: ProviderCredential): UpstreamError {
	return new UpstreamError({ ...fault, message: conceal(fault.message) });
}

/** What a connection throws says nothing that an admin could use, and may say what only the platform should know. */
function unreachable(error: unknown, end: AbortSignal, maxMs: number): UpstreamError {
	if (end.aborted) return new UpstreamError(fault("timeout", `the list did not come within ${maxMs} ms`));
	if (error instanceof Error) {
		return new UpstreamError(fault("connect", "the provider could not be reached"));
	}
	throw error;
}
