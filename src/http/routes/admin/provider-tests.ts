// Admin routes that test a provider, and list the tests.

import * as v from "valibot";
import type { Model } from "#catalog/model";
import { GatewayError, invalidRequest } from "#core/errors";
import { newId } from "#core/ids";
import { ProviderTest } from "#gateway/control/provider-test";
import { buildServingProviders } from "#gateway/routing/serving-providers";
import type { AdminCall, Route } from "#http/call";
import { readOptionalJson } from "#http/request/json-body";
import { listResponse, PageQuery, pageOf } from "#http/request/page";
import { decodeBody } from "#http/routes/admin/fields/body";
import { MadeTestView, renderTest, renderTestResult, TestView } from "#http/views/provider";
import { pageView } from "#http/views/shown";
import { canonicalProvider } from "#providers/names";
import type { Provider, ProviderCredential } from "#providers/provider";
import { knownModels } from "#router/models/named-models";
import { bookTest, listTests, type StoredTest } from "#store/config/provider-tests";
import { adminRoute, missing } from "./handler";

const TestBody = v.strictObject({ model: v.exactOptional(v.string()), credential: v.exactOptional(v.string()) });

export const providerTestRoutes: Route[] = [
	adminRoute("POST", "/admin/providers/:name/test", "gateway.change", test, {
		summary: "Make one small, real call to a provider",
		body: TestBody,
		bodyIsOptional: true,
		example: { model: "gpt-6-luna" },
		answer: MadeTestView,
		errors: ["provider_not_found", "credential_not_found", "provider_unavailable"],
	}),
	adminRoute("GET", "/admin/providers/:name/tests", "gateway.read", list, {
		summary: "List the tests of a provider, newest first",
		query: PageQuery,
		answer: pageView(TestView),
	}),
];

interface TestTarget {
	readonly provider: Provider;
	readonly credential: ProviderCredential;
	readonly model: Model;
}

async function test(call: AdminCall): Promise<Response> {
	const wanted = decodeBody(TestBody, await readOptionalJson(call.request));
	const { provider, credential, model } = await testTarget(call, wanted);
	const { env, execution, isolate, receivedAt } = call;
	const probe = new ProviderTest(provider, credential, model, receivedAt, isolate.clock);
	const booked: StoredTest = {
		id: newId("test", receivedAt, crypto.randomUUID()),
		provider: provider.name,
		model: model.id,
		credential: credential.id,
		at: receivedAt,
		endedAt: null,
		fault: null,
		cost: probe.mostCost,
		estimated: true,
	};
	await bookTest(env.DB, booked);
	const ended = (async () => {
		const result = await probe.run(booked.id);
		const { cost, estimated, fault } = result;
		const after = { ...booked, endedAt: isolate.clock(), fault: fault?.kind ?? null, cost, estimated };
		await bookTest(env.DB, after);
		return Response.json({ ...renderTest(after), simulated: provider.simulated, ...renderTestResult(result) });
	})();
	// What it cost is booked even when the admin has left.
	execution.waitUntil(ended);
	return ended;
}

async function list({ env, params, url }: AdminCall): Promise<Response> {
	const { tests, more } = await listTests(env.DB, canonicalProvider(params.name ?? ""), pageOf(url));
	return listResponse(tests.map(renderTest), more);
}

/**
 * The model and credential that the test calls. A provider or a credential that is disabled counts as enabled, so that
 * it can be tested first.
 *
 * Throws `GatewayError`: 404 for one that is not there, 409 for one that cannot be used, 400 for a model it does not
 * have.
 */
async function testTarget(call: AdminCall, wanted: v.InferOutput<typeof TestBody>): Promise<TestTarget> {
	const { env, config } = call;
	const { registered } = await call.isolate.providers.current(call);
	const { byName, directory } = await buildServingProviders(env, config, {
		...registered,
		providers: registered.providers.map((provider) => ({ ...provider, disabled: false })),
		credentials: registered.credentials.map((one) =>
			one.id === wanted.credential ? { ...one, disabled: false } : one,
		),
	});
	const name = canonicalProvider(call.params.name ?? "");
	const provider = byName.get(name);
	if (provider === undefined) {
		if (!directory.unavailable.has(name)) throw missing("provider", name);
		throw GatewayError.of("provider_unavailable", `provider \`${name}\` has no credential that can be used`);
	}
	const named = wanted.model ?? provider.defaultModel;
	if (named === null) throw invalidRequest(`provider \`${name}\` has no models`, "model");
	const [model] = knownModels(named, directory, provider);
	if (model === undefined) {
		throw invalidRequest(`\`model\` must be the id of a model of provider \`${name}\``, "model");
	}
	return { provider, credential: credentialOf(provider, wanted.credential), model };
}

function credentialOf(provider: Provider, id: string | undefined): ProviderCredential {
	const found = provider.credentials.find((credential) => id === undefined || credential.id === id);
	if (found === undefined) throw missing("credential", id ?? "");
	return found;
}
