/** The isolate of the local environment. A test may have a new one begin, as the platform does whenever it likes. */
import { type IsolateState, newIsolateState } from "#gateway/isolate-state";

class LocalIsolate {
	state: IsolateState = newIsolateState();

	/** What was kept between requests is gone; those under way go on with it. */
	renew(): void {
		this.state = newIsolateState();
	}
}

export const isolate = new LocalIsolate();
