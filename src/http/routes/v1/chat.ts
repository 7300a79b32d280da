import { GatewayError, invalidRequest } from "../../../core/errors";
import { UpstreamError } from "../../../core/fault";
import { parseChat } from "../../../faces/chat/parse";
import { renderCompletion } from "../../../faces/chat/render";
import { ChatStreamRenderer } from "../../../faces/chat/render-stream";
import { AttemptFailed, complete, type Served, stream } from "../../../gateway/chat";
import { faultError } from "../../../gateway/errors";
import type { HeldStream } from "../../../gateway/held-stream";
import { servingProviders } from "../../../gateway/providers";
import { usdString } from "../../../metering/money";
import { canonicalProvider, isBuiltIn } from "../../../providers/names";
import { resolve } from "../../../router/resolve";
import type { KeyCall, Route } from "../../call";
import { errorDetails } from "../../errors";
import { readJson } from "../../json-body";
import { servedHeaders } from "../../served-headers";

export const chatRoutes: Route[] = [
	{ method: "POST", path: "/v1/chat/completions", access: "key", handle: chatCompletions },
];

async function chatCompletions(call: KeyCall): Promise<Response> {
	const [body, providers] = await Promise.all([readJson(call.request), servingProviders(call)]);
	const { request, wanted, style } = parseChat(body, (field) => {
		const name = canonicalProvider(field);
		return isBuiltIn(name) || providers.byName.has(name) ? name : undefined;
	});
	const model = resolve(wanted, providers.directory, call.principal.policy);
	const provider = providers.byName.get(model.provider);
	if (provider === undefined)
		throw invalidRequest(`[gateway] provider \`${model.provider}\` cannot serve now`, "provider");
	const order = { request, provider, model, caller: call.request.signal, receivedAt: call.receivedAt };
	const head = { id: `chatcmpl-${call.requestId.slice(4)}`, created: Math.floor(call.receivedAt / 1000) };
	try {
		if (!request.stream) {
			const { served, completion, bill } = await complete(order);
			const answer = renderCompletion(
				{ ...head, model: completion.model ?? model.id },
				completion,
				bill.usage,
				bill.cost,
				style,
			);
			return Response.json(answer, {
				headers: {
					...servedHeaders(served, call.receivedAt, Date.now()),
					...(bill.cost !== null && { "x-tollgate-cost": usdString(bill.cost) }),
				},
			});
		}
		const { served, stream: held } = await stream(order);
		const renderer = new ChatStreamRenderer({ ...head, model: held.model ?? model.id }, style);
		return new Response(eventStream(held, renderer, served, call), {
			headers: {
				"content-type": "text/event-stream",
				"cache-control": "no-store",
				"x-accel-buffering": "no",
				...servedHeaders(served, call.receivedAt, Date.now()),
			},
		});
	} catch (error) {
		if (!(error instanceof AttemptFailed)) throw error;
		throw new GatewayError({
			...faultError(error.fault, error.served.provider).details,
			headers: servedHeaders(error.served, call.receivedAt, Date.now()),
		});
	}
}

/** The answer as bytes. Ends with an error event, never as if complete, when the upstream fails on the way. */
function eventStream(
	held: HeldStream,
	renderer: ChatStreamRenderer,
	served: Served,
	{ requestId }: KeyCall,
): ReadableStream<Uint8Array> {
	const encoder = new TextEncoder();
	const failure = (error: unknown) =>
		renderer.error(
			error instanceof UpstreamError
				? faultError(error.fault, served.provider).details
				: errorDetails(error, requestId),
			requestId,
		);
	return new ReadableStream<Uint8Array>({
		async pull(controller) {
			try {
				// A pull must enqueue something or it is not called again.
				for (let text = ""; text === ""; ) {
					const chunks = await held.next();
					if (chunks === null) {
						const { usage, cost } = held.bill();
						controller.enqueue(encoder.encode(renderer.end(usage, cost)));
						controller.close();
						return;
					}
					text = chunks === "silent" ? ": keep-alive\n\n" : chunks.map((chunk) => renderer.chunk(chunk)).join("");
					if (text !== "") controller.enqueue(encoder.encode(text));
				}
			} catch (error) {
				controller.enqueue(encoder.encode(failure(error)));
				controller.close();
			}
		},
		cancel() {
			held.cancel();
		},
	});
}
