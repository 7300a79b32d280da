// Logged requests as the API shows and exports them.
import type { LoggedAttempt, LoggedRequest } from "#core/usage/logged-request";
import { REQUEST_COLUMN_NAMES } from "#core/usage/request-columns";
import { signedUsdString } from "#metering/money";
import type { Payload } from "#store/usage/payloads";
import { instant } from "./instant";

/** A request as lists show it. */
export function renderRequest({ attempts, candidates, ...request }: LoggedRequest) {
	return {
		...request,
		object: "request",
		at: instant(request.at),
		cost: signedUsdString(request.cost),
		unpriced: attempts.some(({ unpriced }) => unpriced === true),
		attempt_count: byAttempt(attempts).length,
	};
}

/** A request with all that is known of it: what could have served it, and what was tried, in order. */
export function renderWholeRequest(request: LoggedRequest) {
	return {
		...renderRequest(request),
		candidates: request.candidates ?? [],
		attempts: byAttempt(request.attempts).map(renderAttempt),
	};
}

/** What a request said and was answered, as far as it was kept. */
export function renderPayload({ requestId, keyId, teamId, level, request, response }: Payload) {
	return { id: requestId, object: "payload", team_id: teamId, key_id: keyId, level, request, response };
}

/** The entries of each attempt, in the order in which the attempts became known. */
function byAttempt(entries: readonly LoggedAttempt[]): LoggedAttempt[][] {
	const attempts = new Map<string, LoggedAttempt[]>();
	for (const entry of entries) {
		const others = attempts.get(entry.attemptId);
		if (others === undefined) attempts.set(entry.attemptId, [entry]);
		else others.push(entry);
	}
	return [...attempts.values()];
}

/** `start_ms` and `end_ms` are milliseconds since the request arrived. */
function renderAttempt(entries: readonly LoggedAttempt[]) {
	const whole = entries.find(({ end }) => end !== undefined) ?? entries[0];
	return {
		id: whole?.attemptId,
		provider: whole?.provider ?? null,
		model: whole?.model ?? null,
		credential: whole?.credential ?? null,
		simulated: whole?.simulated ?? false,
		start_ms: whole?.startedMs ?? null,
		end_ms: whole?.endedMs ?? null,
		ttft_ms: whole?.ttftMs ?? null,
		end: whole?.end ?? "unknown",
		fault: whole?.fault ?? null,
		upstream_status: whole?.upstreamStatus ?? null,
		cost: signedUsdString(entries.reduce((sum, { cost }) => sum + cost, 0)),
		estimated: whole?.estimated ?? true,
		unpriced: whole?.unpriced ?? false,
		...(whole?.claim !== undefined && { claim: renderClaim(whole.claim) }),
		charges: entries.flatMap(({ why, cost }) => (why === undefined ? [] : [{ why, cost: signedUsdString(cost) }])),
	};
}

/** `beyond` is by how much it would have cost more than was charged. */
function renderClaim({ input, output, beyond }: NonNullable<LoggedAttempt["claim"]>) {
	return { input_tokens: input, output_tokens: output, beyond: signedUsdString(beyond) };
}

/** The columns of an export, in order: what a list shows. */
const CSV_COLUMNS = [
	...REQUEST_COLUMN_NAMES.filter((name) => name !== "candidates" && name !== "attempts"),
	"attempt_count",
	"unpriced",
] as const;

export const CSV_HEADER = `${CSV_COLUMNS.join(",")}\r\n`;

/** One line of CSV (RFC 4180) with its end; metadata is JSON in its field. */
export function csvLine(request: LoggedRequest): string {
	const row = { ...renderRequest(request), metadata: JSON.stringify(request.metadata) };
	return `${CSV_COLUMNS.map((name) => csvField(row[name])).join(",")}\r\n`;
}

const NUMBER = /^-?\d+(\.\d+)?$/;

/** How a formula begins, in half and in full width, and what spreadsheets skip before one. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/**
 * Spreadsheets run a text that begins like a formula, and callers choose some of these texts; an apostrophe in front
 * stops it (OWASP, CSV Injection).
 */
function csvField(value: string | number | boolean | null): string {
	if (value === null) return "";
	if (typeof value !== "string" || NUMBER.test(value)) return String(value);
	const text = FORMULA.test(value) ? `'${value}` : value;
	return /["\r\n,']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
