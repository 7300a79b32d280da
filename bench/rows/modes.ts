/** The rows of the benchmark: what is asked and answered in each, at how many connections, and for how long. */

/** A provider's protocol, as the upstream speaks it. */
export type Protocol = "chat" | "messages" | "responses";

interface Row {
	/** What the report calls it. */
	readonly title: string;
	readonly stream: boolean;
	/** Pieces of content in an answer. */
	readonly tokens: number;
	/** Milliseconds before each piece of a stream. */
	readonly pace: number;
	/** Whether the caller asks for a stream's usage; most do not. */
	readonly asksUsage: boolean;
	/** Whether the request is as an agent's late turn is, instead of about a kilobyte. */
	readonly agentSized: boolean;
	/** What the caller speaks to every gateway; what passes requests on unread is asked as the upstream is. */
	readonly caller: Protocol;
	readonly upstream: Protocol;
	readonly connections: readonly number[];
	/** How long one measurement takes, in a full run. */
	readonly milliseconds: number;
}

const WHOLE: Row = {
	title: "whole answers",
	stream: false,
	tokens: 100,
	pace: 0,
	asksUsage: false,
	agentSized: false,
	caller: "chat",
	upstream: "chat",
	connections: [1, 8, 32, 128],
	milliseconds: 800,
};
const PACED: Row = {
	...WHOLE,
	title: "streams of 20 tokens at 5 ms, usage asked for",
	stream: true,
	tokens: 20,
	pace: 5,
	asksUsage: true,
	connections: [1, 8, 32],
	milliseconds: 1100,
};

const ROWS = {
	whole: WHOLE,
	burst: {
		...PACED,
		title: "streams of 100 tokens at once, usage asked for",
		tokens: 100,
		pace: 0,
		milliseconds: 800,
	},
	paced: PACED,
	usual: {
		...PACED,
		title: "streams of 20 tokens at 5 ms, usage not asked for (the usual caller)",
		asksUsage: false,
		connections: [8, 32],
	},
	// One measurement is one stream on each connection.
	long: {
		...PACED,
		title: "long streams: 200 tokens at 10 ms",
		tokens: 200,
		pace: 10,
		connections: [16],
		milliseconds: 2000,
	},
	agent: { ...WHOLE, title: "agent-sized requests (337 KB), whole answers", agentSized: true, connections: [8] },
	"agent-paced": {
		...PACED,
		title: "agent-sized requests (337 KB), streams of 20 tokens at 5 ms",
		agentSized: true,
		connections: [8],
	},
	translated: {
		...PACED,
		title: "streams of 20 tokens at 5 ms from a Messages upstream, translated to chat completions",
		upstream: "messages",
		connections: [8, 32],
	},
	messages: {
		...PACED,
		title: "Messages relayed: streams of 20 tokens at 5 ms",
		caller: "messages",
		upstream: "messages",
		connections: [8, 32],
	},
	responses: {
		...PACED,
		title: "Responses relayed: streams of 20 tokens at 5 ms",
		caller: "responses",
		upstream: "responses",
		connections: [8, 32],
	},
	"messages-translated": {
		...PACED,
		title: "streams of 20 tokens at 5 ms from OpenAI, translated to Messages",
		caller: "messages",
		connections: [8, 32],
	},
} satisfies Record<string, Row>;

/** The name of a row. */
export type Mode = keyof typeof ROWS;
export const MODES: Readonly<Record<Mode, Row>> = ROWS;
export const MODE_NAMES = Object.keys(ROWS) as readonly Mode[];

/** The mode of that name. Throws for a name that is none. */
export function modeOf(name: string): Mode {
	const mode = MODE_NAMES.find((one) => one === name);
	if (mode === undefined) throw new Error(`no mode is called "${name}"; there are ${MODE_NAMES.join(", ")}`);
	return mode;
}
