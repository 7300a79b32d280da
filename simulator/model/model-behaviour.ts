/**
 * Decides what the simulated model says: a pure function of the question, the same on every vendor's wire.
 * - A forced tool is called; so is a tool that the prompt asks for or is about.
 * - `[[call:read {"path":"note.txt"}]]` in a prompt calls that tool, if it is offered, with exactly these arguments.
 * - After tool results the answer quotes them.
 * - With a JSON format, of the request or the prompt, the answer is JSON that fills the schema.
 * - "write 500 words" is answered with that many words.
 * - Anything else is echoed in a short sentence that names the attachments.
 */
import { isObject, type JsonObject, parseJson } from "#lib/json";
import { withoutSchema } from "./prompt-schema";
import { fill, Supply } from "./schema-filler";
import { countTokens, tokens } from "./tokens";

export interface QuestionTool {
	readonly name: string;
	/** JSON schema of the arguments; null for a tool that takes free text. */
	readonly parameters: JsonObject | null;
}

export interface Question {
	/** The last user's words. */
	readonly text: string;
	/** What tools answered, when that is what the conversation ends with. */
	readonly results: readonly { readonly name: string; readonly text: string }[];
	/** How each attachment of the last user turn is called, such as "an image (image/png, 68 bytes)". */
	readonly attachments: readonly string[];
	readonly tools: readonly QuestionTool[];
	/** Whether tools may or must be called; a list names the ones allowed to satisfy a forced call. */
	readonly choice: "none" | "auto" | "required" | readonly string[];
	/** Whether several tools may be called at once. */
	readonly parallel: boolean;
	/** The answer must be JSON, filling this schema; null for free text. */
	readonly json: JsonObject | null;
	/** How much the model thinks before it answers; 0 when not at all. */
	readonly thinking: 0 | 1 | 2 | 3;
	readonly stop: readonly string[];
	/** Most tokens to produce per choice, reasoning included. */
	readonly limit: number;
	/** How many answers are wanted. */
	readonly n: number;
}

export interface Call {
	readonly name: string;
	/** JSON text of the arguments, or the free text that the tool takes. */
	readonly input: string;
	readonly free: boolean;
}

export interface Draft {
	readonly reasoning: string;
	readonly text: string;
	readonly calls: readonly Call[];
	readonly finish: "stop" | "length" | "calls";
	/** The stop sequence that ended the text. */
	readonly stopped: string | null;
}

/** One answer for each of the `n` that the question wants. */
export function answer(question: Question): Draft[] {
	return Array.from({ length: question.n }, (_, index) => limited(question, index));
}

/** As many answers of a model that ends its turn before it says anything. */
export function silence({ n }: Question): Draft[] {
	return Array.from({ length: n }, () => ({ reasoning: "", text: "", calls: [], finish: "stop", stopped: null }));
}

/** The answer of a model that says just this. */
export function saying(text: string): Draft[] {
	return [{ reasoning: "", text, calls: [], finish: "stop", stopped: null }];
}

/** Output tokens of a draft, by part. */
export function draftTokens(draft: Draft): { reasoning: number; total: number } {
	const reasoning = countTokens(draft.reasoning);
	const calls = draft.calls.reduce((sum, call) => sum + countTokens(call.name) + countTokens(call.input), 0);
	return { reasoning, total: reasoning + countTokens(draft.text) + calls };
}

const MAX_ECHO_CHARACTERS = 400;
const MAX_WORDS = 20_000;
// Beyond ASCII on purpose: a stream of these is cut inside characters of two, three and four bytes.
const WORDS =
	"the river carries größere stones down to the café by the sea 海岸 where naïve birds 🐦 wait for ужин".split(" ");

function compose(question: Question, index: number): Omit<Draft, "finish" | "stopped"> {
	const calls = chooseCalls(question);
	const reasoning = think(question, calls);
	if (calls.length > 0) return { reasoning, text: "", calls };
	return { reasoning, text: compositionOf(question, index), calls };
}

function compositionOf(question: Question, index: number): string {
	if (question.json !== null) return JSON.stringify(fill(question.json, new Supply(withoutSchema(question.text))));
	if (question.results.length > 0) {
		return question.results.map(({ name, text }) => `The tool ${name} answered: ${shortened(text)}`).join("\n");
	}
	const wanted = /(?<![\w.])(\d{1,6})[ -]words?\b/i.exec(question.text);
	if (wanted !== null) {
		const length = Math.min(Number(wanted[1]), MAX_WORDS);
		return Array.from({ length }, (_, word) => WORDS[(word + index) % WORDS.length]).join(" ");
	}
	const attached = question.attachments.length > 0 ? ` and sent ${question.attachments.join(", ")}` : "";
	const another = index > 0 ? ` (answer ${index + 1})` : "";
	return `You said “${shortened(question.text)}”${attached}.${another}`;
}

function shortened(text: string): string {
	const line = text.trim();
	return line.length > MAX_ECHO_CHARACTERS ? `${line.slice(0, MAX_ECHO_CHARACTERS).toWellFormed()}…` : line;
}

function think(question: Question, calls: readonly Call[]): string {
	if (question.thinking === 0) return "";
	const plan =
		calls.length > 0 ? `I will call ${calls.map((call) => call.name).join(" and ")}.` : "I will answer at once.";
	const rest = ["Nothing in the request forbids it.", "I checked the question twice and the answer stays the same."];
	return [plan, ...rest].slice(0, question.thinking).join(" ");
}

function chooseCalls(question: Question): Call[] {
	const { choice, tools, text } = question;
	if (choice === "none" || tools.length === 0) return [];
	const allowed = typeof choice === "string" ? tools : tools.filter((tool) => choice.includes(tool.name));
	const forced = choice !== "auto";
	// After its results a tool is called again only when the caller insists.
	if (!forced && question.results.length > 0) return [];
	const scripted = scriptedCalls(allowed, text);
	if (scripted.length > 0) return question.parallel ? scripted : scripted.slice(0, 1);
	const asked = askedFor(allowed, text);
	const chosen = asked.length > 0 ? asked : forced ? allowed.slice(0, 1) : [];
	const supply = new Supply(text);
	return (question.parallel ? chosen : chosen.slice(0, 1)).map((tool) =>
		tool.parameters === null
			? { name: tool.name, input: shortened(text), free: true }
			: { name: tool.name, input: JSON.stringify(fill(tool.parameters, supply)), free: false },
	);
}

/** The calls that a prompt spells out, of tools that take JSON: an agent runs what it is told, so arguments matter. */
function scriptedCalls(tools: readonly QuestionTool[], text: string): Call[] {
	return [...text.matchAll(/\[\[call:([\w-]+) (\{.*?\})\]\]/g)].flatMap(([, name = "", input = ""]) => {
		const isOffered = tools.some((tool) => tool.name === name && tool.parameters !== null);
		return isOffered && isObject(parseJson(input)) ? [{ name, input, free: false }] : [];
	});
}

/**
 * The tools that a prompt asks for ("use the add tool", "call both tools") or is about ("weather" for get_weather), in
 * the tools' order.
 */
function askedFor(tools: readonly QuestionTool[], text: string): QuestionTool[] {
	const prompt = text.toLowerCase();
	const bid = /\b(?:call|use|invoke|run)\b[^.?!\n]*\btools?\b/.exec(prompt)?.[0];
	const named = tools.filter((tool) => isNamed(prompt, tool.name.toLowerCase()));
	if (named.length > 0) return named;
	const about = tools.filter((tool) => isAbout(prompt, tool.name));
	if (about.length > 0) return about;
	if (bid === undefined) return [];
	return /\b(?:all|both|each|every|the tools)\b/.test(bid) ? [...tools] : tools.slice(0, 1);
}

/** Whether the prompt bids to call this tool by its whole name. */
function isNamed(prompt: string, name: string): boolean {
	const at = prompt.indexOf(name);
	if (at === -1) return false;
	const isWord = !/[\w-]/.test(prompt[at - 1] ?? " ") && !/[\w-]/.test(prompt[at + name.length] ?? " ");
	return isWord && /\b(?:call|use|using|invoke|run|with)\b/.test(prompt.slice(0, at));
}

const VERBS = new Set([
	"get",
	"fetch",
	"find",
	"search",
	"lookup",
	"list",
	"create",
	"make",
	"set",
	"read",
	"check",
	"current",
	"tool",
	"function",
]);

/** Whether every telling word of the tool's name occurs in the prompt. */
function isAbout(prompt: string, name: string): boolean {
	const words = name
		.replace(/([a-z])([A-Z])/g, "$1 $2")
		.toLowerCase()
		.split(/[^a-z0-9]+/)
		.filter((word) => word.length > 3 && !VERBS.has(word));
	return words.length > 0 && words.every((word) => new RegExp(`\\b${word}`).test(prompt));
}

/** The draft as far as stop sequences and the token limit let it go. */
function limited(question: Question, index: number): Draft {
	const draft = compose(question, index);
	let { text } = draft;
	let stopped: string | null = null;
	for (const sequence of question.stop) {
		const at = sequence === "" ? -1 : text.indexOf(sequence);
		if (at !== -1) {
			text = text.slice(0, at);
			stopped = sequence;
		}
	}
	// A model plans its thinking so that something is left to say.
	const reasoning = head(draft.reasoning, Math.floor(question.limit / 2));
	let left = question.limit - countTokens(reasoning);
	const spoken = head(text, left);
	left -= countTokens(spoken);
	const calls: Call[] = [];
	for (const call of draft.calls) {
		left -= countTokens(call.name);
		if (left <= 0) break;
		const input = head(call.input, left);
		left -= countTokens(input);
		calls.push({ ...call, input });
		if (input !== call.input) break;
	}
	const isCut =
		spoken !== text ||
		calls.length < draft.calls.length ||
		calls.some((call, at) => call.input !== draft.calls[at]?.input);
	const finish = isCut ? "length" : calls.length > 0 ? "calls" : "stop";
	return { reasoning, text: spoken, calls, finish, stopped: isCut ? null : stopped };
}

/** The first `count` tokens of a text. */
function head(text: string, count: number): string {
	return tokens(text).slice(0, Math.max(0, count)).join("");
}
