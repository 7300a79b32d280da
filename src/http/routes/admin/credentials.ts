// Admin routes of a provider's credentials.

import * as v from "valibot";
import type { ErrorCode } from "#core/error-catalog";
import { GatewayError } from "#core/errors";
import { type CredentialId, newId } from "#core/ids";
import { lastFour } from "#http/auth/key-format";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { listResponse } from "#http/request/page";
import { Credential, decodeBody, Name, Weight } from "#http/routes/admin/fields/body";
import { CredentialView, renderCredential, renderOwnCredential } from "#http/views/provider";
import { pageView, removedView } from "#http/views/shown";
import { builtInOrigin, environmentSecret } from "#providers/built-in";
import { canonicalProvider, isBuiltIn } from "#providers/names";
import { ONLY_CREDENTIAL } from "#providers/provider";
import {
	createCredential,
	credentialBinding,
	deleteCredential,
	listCredentials,
	replaceCredential,
	type StoredCredential,
	secretOf,
} from "#store/config/provider-credentials";
import { bindingOf, credentialOf, findProvider } from "#store/config/providers";
import { SealError, seal } from "#store/d1/sealed";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";

const NewCredential = v.strictObject({
	credential: Credential,
	name: v.exactOptional(Name),
	weight: v.optional(Weight, 1),
	disabled: v.optional(v.boolean(), false),
});
/** No `credential`: another secret is another account, with a health of its own. */
const CredentialChange = v.strictObject({
	name: v.exactOptional(Name),
	weight: v.exactOptional(Weight),
	disabled: v.exactOptional(v.boolean()),
});

/** Where one account of a provider is meant. */
const CREDENTIAL_ERRORS: readonly ErrorCode[] = [
	"provider_not_found",
	"credential_not_found",
	"provider_takes_no_credential",
	"credential_set_elsewhere",
];

export const credentialRoutes: Route[] = [
	adminRoute("POST", "/admin/providers/:name/credentials", "gateway.change", create, {
		summary: "Give a provider another account",
		body: NewCredential,
		example: { credential: "sk-0000", weight: 2 },
		answer: CredentialView,
		status: 201,
		errors: ["provider_not_found", "provider_takes_no_credential"],
	}),
	adminRoute("GET", "/admin/providers/:name/credentials", "gateway.read", list, {
		summary: "List a provider's accounts",
		answer: pageView(CredentialView),
		errors: ["provider_not_found", "provider_takes_no_credential"],
	}),
	adminRoute("PATCH", "/admin/providers/:name/credentials/:id", "gateway.change", update, {
		summary: "Change an account of a provider",
		body: CredentialChange,
		example: { disabled: true },
		answer: CredentialView,
		errors: [...CREDENTIAL_ERRORS, "credential_changed", "credential_unreadable"],
	}),
	adminRoute("DELETE", "/admin/providers/:name/credentials/:id", "gateway.change", remove, {
		summary: "Remove an account of a provider",
		answer: removedView("provider.credential"),
		errors: CREDENTIAL_ERRORS,
	}),
];

/** What a provider's credentials belong to. */
interface Holder {
	readonly name: string;
	/** As in `StoredCredential.provider`. */
	readonly id: string;
	/** Where they may be sent. */
	readonly origin: string;
	readonly added: boolean;
	/** The credential of the environment or of the provider's own settings; null for none. Throws `SealError`. */
	own(): Promise<string | null>;
}

async function create(call: AdminCall): Promise<Response> {
	const { request, env, config, receivedAt } = call;
	const body = decodeBody(NewCredential, await readJson(request));
	const holder = await holderOf(call);
	const id = newId("cred", receivedAt, crypto.randomUUID()) as CredentialId;
	const credential: StoredCredential = {
		id,
		provider: holder.id,
		name: body.name ?? id,
		sealed: await seal(config.credentialsSecret, body.credential, credentialBinding({ id, version: 1 }, holder.origin)),
		last4: lastFour(body.credential),
		weight: body.weight,
		disabled: body.disabled,
		version: 1,
		createdAt: receivedAt,
		updatedAt: receivedAt,
	};
	if (!(await createCredential(env.DB, credential, holder.added, authorOf(call)))) {
		throw missing("provider", holder.name);
	}
	call.isolate.providers.forget();
	return Response.json(renderCredential(credential, true), { status: 201 });
}

async function list(call: AdminCall): Promise<Response> {
	const { env, config } = call;
	const holder = await holderOf(call);
	const credentials = await listCredentials(env.DB, holder.id);
	const rendered = credentials.map(async (credential) => {
		const secret = await opened(() => secretOf(credential, holder.origin, config.credentialsSecret));
		return renderCredential(credential, secret !== undefined);
	});
	return listResponse([...(await ownCredential(holder)), ...(await Promise.all(rendered))], false);
}

async function update(call: AdminCall): Promise<Response> {
	const { request, env, config, receivedAt } = call;
	const body = decodeBody(CredentialChange, await readJson(request));
	const { holder, credential: before } = await credentialFor(call);
	const after = {
		...before,
		name: body.name ?? before.name,
		weight: body.weight ?? before.weight,
		disabled: body.disabled ?? before.disabled,
		version: before.version + 1,
		updatedAt: receivedAt,
	};
	const secret = await opened(() => secretOf(before, holder.origin, config.credentialsSecret));
	if (typeof secret !== "string") {
		throw GatewayError.of(
			"credential_unreadable",
			"the credential was sealed with another secret or for another host and cannot be read; remove it and add it again",
		);
	}
	// Sealed anew: what was sealed for an earlier version must not open for this one.
	const sealed = await seal(config.credentialsSecret, secret, credentialBinding(after, holder.origin));
	if (!(await replaceCredential(env.DB, { ...after, sealed }, before.version, authorOf(call)))) {
		throw GatewayError.of(
			"credential_changed",
			"the credential was changed by someone else meanwhile; look and repeat",
		);
	}
	call.isolate.providers.forget();
	return Response.json(renderCredential(after, true));
}

async function remove(call: AdminCall): Promise<Response> {
	const { credential } = await credentialFor(call);
	if (!(await deleteCredential(call.env.DB, credential, authorOf(call)))) throw missing("credential", credential.id);
	call.isolate.providers.forget();
	return Response.json({ id: credential.id, object: "provider.credential", deleted: true });
}

/** Throws `GatewayError`: 404 for no such provider, 409 for one that takes no credential. */
async function holderOf({ env, config, params }: AdminCall): Promise<Holder> {
	const name = canonicalProvider(params.name ?? "");
	if (isBuiltIn(name)) {
		const origin = builtInOrigin(name, env);
		if (origin === null) {
			throw GatewayError.of(
				"provider_takes_no_credential",
				`provider \`${name}\` is bound to the account that runs the gateway`,
			);
		}
		return { name, id: name, origin, added: false, own: async () => environmentSecret(name, env) };
	}
	const provider = await findProvider(env.DB, name);
	if (provider === null) throw missing("provider", name);
	const own = () => credentialOf(provider, config.credentialsSecret);
	return { name, id: provider.id, origin: bindingOf(provider).origin, added: true, own };
}

/** Throws `GatewayError`: 404 for no such credential, 409 for the one that is set elsewhere. */
async function credentialFor(call: AdminCall): Promise<{ holder: Holder; credential: StoredCredential }> {
	const id = call.params.id ?? "";
	const holder = await holderOf(call);
	if (id === ONLY_CREDENTIAL) {
		const where = holder.added ? `by PATCH /admin/providers/${holder.name}` : "in the gateway's environment";
		throw GatewayError.of("credential_set_elsewhere", `the credential \`${id}\` is set ${where}`);
	}
	const credential = (await listCredentials(call.env.DB, holder.id)).find((one) => one.id === id);
	if (credential === undefined) throw missing("credential", id);
	return { holder, credential };
}

/** Undefined when it does not open: it was sealed with another secret, or for another host. */
async function opened(open: () => Promise<string | null>): Promise<string | null | undefined> {
	try {
		return await open();
	} catch (error) {
		if (!(error instanceof SealError)) throw error;
		return undefined;
	}
}

/** The credential of the environment or of the provider's own settings, if it has one. */
async function ownCredential({ added, own }: Holder) {
	const secret = await opened(own);
	return secret === null ? [] : [renderOwnCredential(added ? "provider" : "environment", secret)];
}
