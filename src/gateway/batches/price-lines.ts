// What the lines of a batch ask of which model, and the most that each of them comes to.
import type { Model } from "#catalog/model";
import type { SpendScope } from "#core/budget/budget";
import { GatewayError, invalidRequest, quoted } from "#core/errors";
import { prepareAttempt } from "#gateway/attempts/prepared-attempt";
import { Routing } from "#gateway/routing/routing";
import { boundCall } from "#gateway/upstream/upstream-request";
import type { JsonObject } from "#lib/json";
import { atBatchPrice } from "#metering/batch";
import { type Bound, boundOf } from "#metering/bound";
import { native } from "#operations/native/index";
import { targetOf } from "#router/models/model-access";
import type { Candidate } from "#router/plan";
import type { RoutePreference } from "#router/route-request";
import type { BatchCall, BatchOrder, BatchRequest } from "./batch-order";

/** A line with what it comes to. */
export interface PricedLine {
	readonly customId: string;
	/** As it goes to the vendor. */
	readonly body: JsonObject;
	/** At the price of batches. */
	readonly model: Model;
	/** Null where the model's price is not known. */
	readonly bound: Bound | null;
	readonly scope: SpendScope;
}

/** What each line asks of which model, and the most that it comes to at the price of batches. Throws `GatewayError`. */
export async function pricedLines(call: BatchCall, { file, requests }: BatchOrder): Promise<PricedLine[]> {
	const { principal, serving, receivedAt, caller } = call;
	const thousandths = serving.byName.get(file.provider)?.adapter.batchPrice;
	if (thousandths === undefined) {
		throw GatewayError.of("unsupported_endpoint", `\`${file.provider}\` has no batches`);
	}
	const account = { provider: file.provider, credential: file.credential };
	const plans = new Map<string, Candidate>();
	const lines: PricedLine[] = [];
	for (const { customId, request, preference } of requests) {
		try {
			const named = preference.model ?? "";
			const wanted = { ...preference, account };
			const candidate = plans.get(named) ?? (await candidateFor(call, wanted, request));
			plans.set(named, candidate);
			const job = { operation: native, request, caller, receivedAt, relayTo: null };
			const { upstream, scope } = prepareAttempt(job, candidate, serving.byName, principal.policy);
			const model = atBatchPrice(upstream.model, thousandths);
			lines.push({
				customId,
				body: upstream.call.body,
				model,
				bound: boundOf(boundCall(upstream), model, receivedAt),
				scope: { ...scope, model: targetOf(model) },
			});
		} catch (error) {
			throw error instanceof GatewayError ? inLine(customId, error) : error;
		}
	}
	return lines;
}

/** The model that a line names, at the account that keeps the file. Throws what routing throws. */
async function candidateFor(
	call: BatchCall,
	preference: RoutePreference,
	request: BatchRequest["request"],
): Promise<Candidate> {
	const wanted = { preference, operation: native, request, optimize: null, session: null };
	const routing = await Routing.begin(call, wanted, call.serving, call.principal);
	const [candidate] = routing.explained(call.principal).candidates;
	if (candidate === undefined) throw invalidRequest("nothing serves this model now", "model");
	return candidate;
}

/** The same error, which says in which line it is. */
function inLine(customId: string, error: GatewayError): GatewayError {
	const { message, param } = error.details;
	const said = message.replace(/^\[gateway\] /, "");
	const { message: whole } = invalidRequest(`the batch's line ${quoted(customId)}: ${said}`).details;
	return error.with({ message: whole, param: param === undefined ? "input_file_id" : `body.${param}` });
}
