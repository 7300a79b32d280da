// The jobs that the clock starts, each minute.

import { deliverDue } from "#alerts/deliver";
import { evaluateAlerts } from "#alerts/evaluate";
import { type Config, readConfig } from "#config";
import type { Env } from "#env";
import { DAY_MS } from "#lib/time";
import { pruneDeliveries } from "#store/alerts/deliveries";
import { forgetBatches } from "#store/files/batches";
import { forgetExpiredFiles } from "#store/files/files";
import { forgetVideos } from "#store/jobs/videos";
import { PAYLOAD_OBJECTS } from "#store/usage/payloads";
import { foldMarks, forgetUsage } from "#store/usage/retention";
import { pruneObjects } from "#store/usage/sealed-objects";
import { STORED_RESPONSES } from "#store/usage/stored-responses";
import { watchBatches } from "./batches";
import { followVideos } from "./follow-videos";
import { readModelLists } from "./model-lists";
import { reconcile } from "./reconcile";
import { type GoesOn, shift } from "./shift";
import { sweep } from "./sweeper";
import { touch } from "./touch";

const ALERT_HISTORY_MS = 30 * DAY_MS;
const HOURS_MS = 90 * DAY_MS;
/** Longer than a batch is followed, and than its lines are kept as jobs. */
const BATCHES_MS = 90 * DAY_MS;
const HISTORY_MS = 90 * DAY_MS;
const MARKS_MS = 35 * DAY_MS;
/** Longer than a key's object keeps what it has to know of a job, so that no truth comes to nothing. */
const VIDEOS_MS = 45 * DAY_MS;
/** The most alerts, or videos, that a run takes away. */
const PRUNED = 500;

/** Something that the gateway does by itself. It may be cut off anywhere and be run twice. */
interface Job {
	readonly name: string;
	/** It runs in every minute of the hour that this divides. */
	readonly everyMinutes: number;
	/** It may be more than a run can do: one run at a time is at it, for `SHIFT_MS`. */
	readonly inShifts?: true;
	/** `now` is when the run was due, in milliseconds since the epoch. */
	run(env: Env, config: Config, now: number, goesOn: GoesOn): Promise<unknown>;
}

/** What runs by the clock, in this order; the trigger in wrangler.toml fires every minute. */
const JOBS: readonly Job[] = [
	{
		name: "sweep outboxes",
		everyMinutes: 1,
		run: (env, _, now) => sweep(env.DB, (object) => touch(env, object), now),
	},
	{
		name: "reconcile",
		everyMinutes: 1,
		inShifts: true,
		run: (env, _, now, goesOn) => reconcile(env, now, goesOn),
	},
	{
		name: "follow videos",
		everyMinutes: 1,
		inShifts: true,
		run: (env, config, now, goesOn) => followVideos(env, config, now, goesOn),
	},
	{ name: "evaluate alerts", everyMinutes: 1, run: (env, _, now) => evaluateAlerts(env, now) },
	{
		name: "deliver alerts",
		everyMinutes: 1,
		run: (env, { credentialsSecret }, now) => deliverDue(env.DB, credentialsSecret, now),
	},
	{
		name: "forget old alerts",
		everyMinutes: 60,
		run: (env, _, now) => pruneDeliveries(env.DB, now - ALERT_HISTORY_MS, PRUNED),
	},
	{
		name: "forget old usage",
		everyMinutes: 1,
		inShifts: true,
		run: (env, { requestLogDays }, now, goesOn) =>
			forgetUsage(
				env.DB,
				{ requests: now - requestLogDays * DAY_MS, hours: now - HOURS_MS, histories: now - HISTORY_MS },
				goesOn,
			),
	},
	{
		name: "forget old payloads",
		everyMinutes: 1,
		inShifts: true,
		run: async ({ PAYLOADS }, { payloadDays }, now, goesOn) => {
			if (PAYLOADS === undefined) return;
			for (const kind of [PAYLOAD_OBJECTS, STORED_RESPONSES]) {
				await pruneObjects(PAYLOADS, kind, now - payloadDays * DAY_MS, goesOn);
			}
		},
	},
	{
		name: "watch batches",
		everyMinutes: 1,
		inShifts: true,
		run: (env, config, now, goesOn) => watchBatches(env, config, now, goesOn),
	},
	{
		name: "forget old batches",
		everyMinutes: 60,
		run: (env, _, now) => forgetBatches(env.DB, now - BATCHES_MS),
	},
	{ name: "forget expired files", everyMinutes: 10, run: (env, _, now) => forgetExpiredFiles(env.DB, now) },
	{
		name: "forget old videos",
		everyMinutes: 60,
		run: (env, _, now) => forgetVideos(env.DB, now - VIDEOS_MS, PRUNED),
	},
	{
		name: "read model lists",
		everyMinutes: 10,
		inShifts: true,
		run: (env, config, now, goesOn) => readModelLists(env, config, now, goesOn),
	},
	{
		name: "fold old marks",
		everyMinutes: 60,
		inShifts: true,
		run: (env, _, now, goesOn) => foldMarks(env.DB, now - MARKS_MS, goesOn),
	},
];

/** Runs what is due. A job that fails is logged and leaves the others alone. Throws `ConfigError`. */
export async function runJobs(env: Env, now: number): Promise<void> {
	const config = readConfig(env);
	const minute = Math.floor(now / 60_000);
	const holder = crypto.randomUUID();
	for (const { name, everyMinutes, inShifts, run } of JOBS) {
		if (minute % everyMinutes !== 0) continue;
		try {
			if (inShifts === undefined) await run(env, config, now, () => true);
			else await shift(env.DB, name, holder, Date.now, (goesOn) => run(env, config, now, goesOn));
		} catch (error) {
			const kind = error instanceof Error ? error.name : typeof error;
			console.error(JSON.stringify({ level: "error", event: "job", job: name, error: kind }));
		}
	}
}
