// Answers a question about usage, and says what is still on its way.
import { flushBeforeRead } from "#gateway/control/flush-before-read";
import type { Call } from "#http/call";
import { instant } from "#http/views/instant";
import { renderLag, renderUsage } from "#http/views/usage-report";
import { DAY_MS } from "#lib/time";
import { queryUsage, type UsageScope } from "#store/usage/usage-query";
import { type UsageFields, usageQuestion } from "./usage-query-params";

/** What a scope used. Throws the `GatewayError`s of `usageQuestion`. */
export async function usageResponse(
	{ env, config, isolate, receivedAt }: Call,
	fields: UsageFields,
	scope: UsageScope,
): Promise<Response> {
	const question = usageQuestion(fields, scope, receivedAt);
	const lag = await flushBeforeRead(env, scope, fields.live === "true" ? isolate.liveReads : null);
	const { sums, more } = await queryUsage(env.DB, question);
	return Response.json({
		object: "usage",
		data: sums.map(renderUsage),
		has_more: more,
		from: instant(question.from),
		to: instant(question.to),
		interval: question.interval,
		group_by: question.groups,
		log_from:
			question.log === undefined ? null : instant(Math.max(question.from, receivedAt - config.requestLogDays * DAY_MS)),
		lag: renderLag(lag),
	});
}
