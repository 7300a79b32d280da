// Asks a vendor's account about what it keeps: files and batches, in OpenAI's shapes.
import * as v from "valibot";
import { GatewayError } from "#core/errors";
import { UpstreamError } from "#core/fault";
import type { VendorAccount } from "#core/files/file";
import { readText } from "#gateway/upstream/body";
import { callerLeft, faultError } from "#gateway/upstream/fault-error";
import { parseJson } from "#lib/json";
import type { FormPart } from "#lib/multipart";
import type { Provider, ProviderCredential } from "#providers/provider";
import { malformed } from "#providers/shared/faults";

/** How long a vendor may take to answer, in milliseconds; a file goes there and back in this time. */
const MAX_ACCOUNT_MS = 120_000;
/** The most that is read of what a vendor says of a file or a batch, in bytes. */
const MAX_REPLY_BYTES = 256 * 1024;

/** What is asked of an account. */
interface AccountCall {
	/** Below the versioned base URL. */
	readonly path: string;
	readonly method?: "GET" | "POST" | "DELETE";
	readonly form?: readonly FormPart[];
	readonly body?: Record<string, unknown>;
}

/** The ways to an account of a provider. */
export interface OpenAccount {
	readonly provider: Provider;
	readonly credential: ProviderCredential;
}

/** The account that keeps something. Throws `GatewayError` 409 where it cannot be asked any more. */
export function openAccount(providers: ReadonlyMap<string, Provider>, account: VendorAccount): OpenAccount {
	const provider = providers.get(account.provider);
	const credential = provider?.credentials.find(({ id }) => id === account.credential);
	if (provider?.adapter.files !== true || credential === undefined) {
		throw GatewayError.of(
			"provider_unavailable",
			`the account at \`${account.provider}\` that keeps this is not configured here any more`,
		);
	}
	return { provider, credential };
}

/**
 * The answer to a call as it came; 404 is null. Throws `GatewayError` as an attempt's fault is told, and 499 when the
 * caller leaves.
 */
export async function askAccount(
	{ provider, credential }: OpenAccount,
	{ path, method = "GET", form, body }: AccountCall,
	caller: AbortSignal,
	now: () => number,
): Promise<Response | null> {
	const signal = AbortSignal.any([caller, AbortSignal.timeout(MAX_ACCOUNT_MS)]);
	try {
		const response =
			form !== undefined || body !== undefined
				? await credential.send({ path, body: (body ?? {}) as never, ...(form && { form }), dropped: [] }, signal)
				: await credential.look({ path, method }, signal);
		if (response.ok) return response;
		const reply = { status: response.status, headers: response.headers, body: "", now: now() };
		const text = (await readText(response, MAX_REPLY_BYTES)) ?? "";
		if (response.status === 404) return null;
		throw new UpstreamError(provider.adapter.fault({ ...reply, body: text }));
	} catch (error) {
		throw told(error, provider, credential, caller, signal);
	}
}

/** The same decoded. Throws `GatewayError` 502 for what has another shape. */
export async function askAccountJson<Schema extends v.GenericSchema>(
	schema: Schema,
	account: OpenAccount,
	call: AccountCall,
	caller: AbortSignal,
	now: () => number,
): Promise<v.InferOutput<Schema> | null> {
	const response = await askAccount(account, call, caller, now);
	if (response === null) return null;
	const { provider, credential } = account;
	try {
		const text = await readText(response, MAX_REPLY_BYTES);
		const read = v.safeParse(schema, text === null ? undefined : parseJson(credential.conceal(text)));
		if (!read.success) throw malformed("the provider's account answered in a shape that is not known");
		return read.output;
	} catch (error) {
		throw told(error, provider, credential, caller, caller);
	}
}

/** What the caller is told of a call that failed. */
function told(
	error: unknown,
	provider: Provider,
	{ conceal }: ProviderCredential,
	caller: AbortSignal,
	signal: AbortSignal,
): unknown {
	if (error instanceof GatewayError) return error;
	if (error instanceof UpstreamError) {
		return faultError({ ...error.fault, message: conceal(error.fault.message) }, provider.name);
	}
	if (caller.aborted) return callerLeft();
	if (!(error instanceof Error)) return error;
	const fault = signal.aborted
		? ({ kind: "timeout", message: `the provider did not answer within ${MAX_ACCOUNT_MS} ms` } as const)
		: ({ kind: "connect", message: "the connection to the provider failed" } as const);
	return faultError({ ...fault, status: null }, provider.name);
}
