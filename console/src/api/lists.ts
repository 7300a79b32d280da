// Lists come in pages; these read one page, or all of a list that is known to be short.
import { call, type Query } from "~/api/client";

export interface Page<Row> {
	readonly data: readonly Row[];
	readonly has_more: boolean;
	/** The cursor of the next page, given as `after`. */
	readonly next: string | null;
}

/** Pages of the size that the API gives at most. */
const MAX_PAGES = 50;
const PAGE = 100;

/** Every row of a list of at most a few thousand. */
export async function all<Row>(path: string, query: Query = {}, signal?: AbortSignal): Promise<readonly Row[]> {
	const rows: Row[] = [];
	let after: string | null = null;
	for (let page = 0; page < MAX_PAGES; page++) {
		const answer: Page<Row> = await call("GET", path, {
			query: { limit: PAGE, ...query, after },
			...(signal && { signal }),
		});
		rows.push(...answer.data);
		if (!answer.has_more || answer.next === null) break;
		after = answer.next;
	}
	return rows;
}
