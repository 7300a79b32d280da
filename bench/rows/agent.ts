/** The late turn of a coding agent: 25 tools, and 180 messages of calls and what they brought; 337 KB with the rest. */

const TOOLS = 25;
/** Each is two messages: the call of a tool, and what it brought. */
const STEPS = 89;
const RESULT_LINES = 29;

const LINE = '\tconst total = rows.reduce((sum, { amount, tax }) => sum + amount * (1 + tax / 100), 0); // "gross"\n';
const HELP =
	"Reads or changes files of the workspace. Paths are relative to its root. Ask for as little as you need, never for a " +
	"whole folder, and do not repeat what an earlier call has brought. Answers with an error when a path does not exist. ";

/** The tools of the request, and its messages between the system's and the last of the user. */
export function agentTurns(): { messages: object[]; tools: object[] } {
	const name = (index: number): string => `workspace_tool_${index % TOOLS}`;
	const text = (description: string): object => ({ type: "string", description });
	const tools = Array.from({ length: TOOLS }, (_, index) => ({
		type: "function",
		function: {
			name: name(index),
			description: HELP.repeat(4),
			parameters: {
				type: "object",
				properties: {
					path: text("The file, relative to the root of the workspace."),
					pattern: text("A regular expression; lines that match are answered with three lines around them."),
					first_line: { type: "integer", minimum: 1, description: "Where to begin." },
					edits: {
						type: "array",
						items: {
							type: "object",
							properties: { before: text("What is there."), after: text("What replaces it.") },
							required: ["before", "after"],
							additionalProperties: false,
						},
					},
				},
				required: ["path"],
				additionalProperties: false,
			},
		},
	}));
	const steps = Array.from({ length: STEPS }, (_, index) => {
		const id = `call_${String(index).padStart(24, "0")}`;
		const call = {
			name: name(index),
			arguments: JSON.stringify({ path: `src/invoices/part-${index}.ts`, first_line: 1 + index * 40 }),
		};
		return [
			{
				role: "assistant",
				content: `I look at part ${index} of the invoices, because the totals are made there.`,
				tool_calls: [{ id, type: "function", function: call }],
			},
			{ role: "tool", tool_call_id: id, content: LINE.repeat(RESULT_LINES + (index % 5) - 2).slice(0, -index - 1) },
		];
	});
	return { messages: [{ role: "user", content: "Find out why gross totals are a cent off." }, ...steps.flat()], tools };
}
