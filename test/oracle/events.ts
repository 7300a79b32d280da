// Reads what claims to be an event stream, strictly.
import { createParser, type EventSourceParser } from "eventsource-parser";
import { Violation } from "./rules";

/** A parser that tells of each event, with its name if it has one. Feeding it throws `Violation` for anything else. */
export function strictParser(onEvent: (name: string | undefined, data: string) => void): EventSourceParser {
	return createParser({
		onEvent: ({ event, data }) => onEvent(event, data),
		onError: (error) => {
			throw new Violation(`not an event stream: ${error.message}`, error.line);
		},
	});
}
