// Admin routes of alert rules: create, change, remove, test, and what was delivered.

import * as v from "valibot";
import { send } from "#alerts/deliver";
import type { Incident } from "#core/alert";
import { GatewayError } from "#core/errors";
import { newId } from "#core/ids";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { listResponse } from "#http/request/page";
import { SendTo, When } from "#http/routes/admin/fields/alert-fields";
import { decodeBody, Name } from "#http/routes/admin/fields/body";
import { upstreamUrl } from "#http/routes/admin/fields/upstream-url";
import {
	AlertTestView,
	AlertView,
	ChangedAlertView,
	NewAlertView,
	renderAlert,
	renderDelivery,
	WholeAlertView,
} from "#http/views/alert";
import { pageView, removedView } from "#http/views/shown";
import { base64Of } from "#lib/text-bytes";
import {
	type AlertAddress,
	type AlertRule,
	addressOf,
	deleteAlertRule,
	findAlertRule,
	listAlertRules,
	saveAlertRule,
	sealAddress,
} from "#store/alerts/alert-rules";
import { listDeliveries } from "#store/alerts/deliveries";
import { SealError } from "#store/d1/sealed";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";

/** How many of a rule's deliveries an answer shows. */
const DELIVERIES_SHOWN = 20;

const NewAlert = v.strictObject({
	name: Name,
	when: When,
	send_to: SendTo,
	disabled: v.optional(v.boolean(), false),
});
const AlertChange = v.strictObject({
	name: v.exactOptional(Name),
	when: v.exactOptional(When),
	send_to: v.exactOptional(SendTo),
	disabled: v.exactOptional(v.boolean()),
});

export const alertRoutes: Route[] = [
	adminRoute("POST", "/admin/alerts", "gateway.change", create, {
		summary: "Have a message sent when something happens",
		text: "The secret that signs what a webhook gets is shown here and never again.",
		body: NewAlert,
		example: {
			name: "Budgets",
			when: { type: "budget", thresholds: [80, 100] },
			send_to: { shape: "slack", url: "https://hooks.slack.com/services/T0/B0/x" },
		},
		answer: NewAlertView,
		status: 201,
	}),
	adminRoute("GET", "/admin/alerts", "gateway.read", list, {
		summary: "List alerts",
		answer: pageView(AlertView),
	}),
	adminRoute("GET", "/admin/alerts/:id", "gateway.read", show, {
		summary: "Show an alert with its latest deliveries",
		answer: WholeAlertView,
		errors: ["alert_not_found"],
	}),
	adminRoute("PATCH", "/admin/alerts/:id", "gateway.change", update, {
		summary: "Change an alert",
		body: AlertChange,
		example: { disabled: true },
		answer: ChangedAlertView,
		errors: ["alert_not_found", "alert_changed", "alert_unreadable"],
	}),
	adminRoute("DELETE", "/admin/alerts/:id", "gateway.change", remove, {
		summary: "Remove an alert",
		answer: removedView("alert"),
		errors: ["alert_not_found"],
	}),
	adminRoute("POST", "/admin/alerts/:id/test", "gateway.change", test, {
		summary: "Send a message at once",
		answer: AlertTestView,
		errors: ["alert_not_found", "alert_unreadable"],
	}),
];

async function create(call: AdminCall): Promise<Response> {
	const { request, env, config, receivedAt } = call;
	const body = decodeBody(NewAlert, await readJson(request));
	const address = addressAsked(body.send_to, config.local);
	const rule = await withAddress(
		{
			id: newId("alert", receivedAt, crypto.randomUUID()),
			name: body.name,
			condition: body.when,
			shape: body.send_to.shape,
			disabled: body.disabled,
			version: 1,
			createdAt: receivedAt,
			updatedAt: receivedAt,
		},
		address,
		config.credentialsSecret,
	);
	await saveAlertRule(env.DB, rule, 0, authorOf(call));
	return Response.json({ ...renderAlert(rule), secret: address.secret }, { status: 201 });
}

async function list({ env }: AdminCall): Promise<Response> {
	return listResponse((await listAlertRules(env.DB)).map(renderAlert), false);
}

async function show({ env, params }: AdminCall): Promise<Response> {
	const rule = await present(env.DB, params);
	const deliveries = await listDeliveries(env.DB, rule.id, DELIVERIES_SHOWN);
	return Response.json({ ...renderAlert(rule), deliveries: deliveries.map(renderDelivery) });
}

async function update(call: AdminCall): Promise<Response> {
	const { request, env, config, params, receivedAt } = call;
	const body = decodeBody(AlertChange, await readJson(request));
	const before = await present(env.DB, params);
	const address =
		body.send_to === undefined
			? await storedAddress(before, config.credentialsSecret)
			: addressAsked(body.send_to, config.local);
	// Sealed anew even when unchanged: what was sealed for an earlier version must not open for this one.
	const rule = await withAddress(
		{
			...before,
			name: body.name ?? before.name,
			condition: body.when ?? before.condition,
			shape: body.send_to?.shape ?? before.shape,
			disabled: body.disabled ?? before.disabled,
			version: before.version + 1,
			updatedAt: receivedAt,
		},
		address,
		config.credentialsSecret,
	);
	if (!(await saveAlertRule(env.DB, rule, before.version, authorOf(call)))) {
		throw GatewayError.of(
			"alert_changed",
			`alert \`${before.id}\` was changed by someone else meanwhile; look and repeat`,
		);
	}
	return Response.json({ ...renderAlert(rule), ...(body.send_to !== undefined && { secret: address.secret }) });
}

async function remove(call: AdminCall): Promise<Response> {
	const id = call.params.id ?? "";
	if (!(await deleteAlertRule(call.env.DB, id, authorOf(call)))) throw missing("alert", id);
	return Response.json({ id, object: "alert", deleted: true });
}

/** Sends a message at once, and says what became of it. */
async function test({ env, config, params, receivedAt }: AdminCall): Promise<Response> {
	const rule = await present(env.DB, params);
	const id = newId("dlv", receivedAt, crypto.randomUUID());
	const incident: Incident = {
		id: `test/${id}`,
		type: "test",
		at: receivedAt,
		summary: `Alert ${rule.name} of Tollgate reaches this place`,
		facts: {},
	};
	const failure = await send(rule, { id, incident }, config.credentialsSecret, receivedAt);
	return Response.json({ id, object: "alert_test", delivered: failure === null, failure });
}

/** Checks the address, and gives a webhook a secret of its own unless the admin brings one. */
function addressAsked({ shape, url, secret }: v.InferOutput<typeof SendTo>, local: boolean): AlertAddress {
	return {
		url: upstreamUrl(url, local, "send_to.url"),
		secret: secret ?? (shape === "webhook" ? newWebhookSecret() : null),
	};
}

function newWebhookSecret(): string {
	return `whsec_${base64Of(crypto.getRandomValues(new Uint8Array(32)))}`;
}

async function withAddress(
	rule: Omit<AlertRule, "origin" | "destination">,
	address: AlertAddress,
	gatewaySecret: string,
): Promise<AlertRule> {
	const { origin } = new URL(address.url);
	const destination = await sealAddress({ ...rule, origin }, address, gatewaySecret);
	return { ...rule, origin, destination };
}

async function storedAddress(rule: AlertRule, gatewaySecret: string): Promise<AlertAddress> {
	try {
		return await addressOf(rule, gatewaySecret);
	} catch (error) {
		if (!(error instanceof SealError)) throw error;
		throw GatewayError.of(
			"alert_unreadable",
			"where to send it was sealed with another secret and cannot be read; give `send_to` again",
			{ param: "send_to" },
		);
	}
}

async function present(db: D1Database, params: AdminCall["params"]): Promise<AlertRule> {
	const id = params.id ?? "";
	const rule = await findAlertRule(db, id);
	if (rule === null) throw missing("alert", id);
	return rule;
}
