// The simulator's own API under `/_simulator/`: the books with the true bill, the faults to play, and
// what is changed of lists of models.
import * as v from "valibot";
import { FaultListSchema } from "#simulator/faults/faults";
import { finding } from "#simulator/model/issue";
import { ListChangesSchema } from "#simulator/model/list-changes";
import type { SimulatorEnv } from "./env";
import { simulated, stateOf } from "./serve";

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** How long a batch takes, in milliseconds, and how many of its lines are answered before it expires. */
const PaceSchema = v.strictObject({ ms: Count, expireAfter: v.exactOptional(Count) });

/** Answers `/_simulator/billing`, `/_simulator/faults`, `/_simulator/batches` and `/_simulator/lists`. */
export async function control(request: Request, env: SimulatorEnv): Promise<Response> {
	const state = stateOf(env);
	const pathname = new URL(request.url).pathname.replace(/\/$/, "");
	switch (`${request.method} ${pathname}`) {
		case "GET /_simulator/billing":
			return json(await state.billing());
		case "DELETE /_simulator/billing":
			await state.clearBooks();
			return json(await state.billing());
		case "GET /_simulator/faults":
			return json(await state.faults());
		case "DELETE /_simulator/faults":
			await state.setFaults([]);
			return json([]);
		case "PUT /_simulator/faults": {
			const list = v.safeParse(FaultListSchema, await body(request));
			if (!list.success) return json({ error: { message: problemOf(list.issues) } }, 400);
			await state.setFaults(list.output);
			return json(await state.faults());
		}
		case "PUT /_simulator/batches": {
			const pace = v.safeParse(PaceSchema, await body(request));
			if (!pace.success) return json({ error: { message: "The body must be {ms, expireAfter}" } }, 400);
			await state.setBatchPace(pace.output);
			return json(pace.output);
		}
		case "GET /_simulator/lists":
			return json(await state.allListChanges());
		case "DELETE /_simulator/lists":
			await state.setListChanges({});
			return json({});
		case "PUT /_simulator/lists": {
			const changes = v.safeParse(ListChangesSchema, await body(request));
			if (!changes.success)
				return json({ error: { message: `The body must be changes by provider: ${changes.issues[0].message}` } }, 400);
			await state.setListChanges(changes.output);
			return json(await state.allListChanges());
		}
		default:
			return json({ error: { message: `the simulator has no ${request.method} ${pathname}` } }, 404);
	}
}

async function body(request: Request): Promise<unknown> {
	try {
		return await request.json();
	} catch {
		return undefined;
	}
}

function problemOf([first]: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
	const { issue, path } = finding(first);
	const where = path.length === 0 ? "" : `, at ${path.join(".")}`;
	return `The body must be a list of faults such as [{"provider": "openai", "fault": "error", "status": 503}]${where}: ${issue.message}`;
}

function json(value: unknown, status = 200): Response {
	return simulated(Response.json(value, { status }));
}
