/** Gives a member of a JSON object another value within the object's own text, so that all else stays as written. */
import { parseJson } from "./json";

const QUOTE = '"';
/** What opens or closes a value within a value, or begins a string. */
const STRUCTURE = /["{}[\]]/g;
const BLANKS = /\s*/y;

/**
 * The text of an object, which must be JSON, with `name` set to `value`, JSON as well. Numbers that JavaScript cannot
 * hold and whatever else parsing would lose stay exact.
 */
export function withMember(text: string, name: string, value: string): string {
	const quoted = JSON.stringify(name);
	let result = "";
	let copied = 0;
	let at = text.indexOf("{") + 1;
	let isEmpty = true;
	for (;;) {
		at = behindBlanks(text, at);
		if (text[at] === "}") break;
		if (text[at] === ",") at = behindBlanks(text, at + 1);
		isEmpty = false;
		const key = text.slice(at, behindString(text, at));
		const begin = behindBlanks(text, text.indexOf(":", at + key.length) + 1);
		at = behindValue(text, begin);
		// Of a name that stands twice either may be read.
		if (key !== quoted && !(key.includes("\\") && parseJson(key) === name)) continue;
		result += text.slice(copied, begin) + value;
		copied = at;
	}
	if (copied > 0) return result + text.slice(copied);
	return `${text.slice(0, at)}${isEmpty ? "" : ","}${quoted}:${value}${text.slice(at)}`;
}

function behindBlanks(text: string, at: number): number {
	BLANKS.lastIndex = at;
	BLANKS.test(text);
	return BLANKS.lastIndex;
}

/** `at` is where its first quote stands. */
function behindString(text: string, at: number): number {
	for (let end = text.indexOf(QUOTE, at + 1); ; end = text.indexOf(QUOTE, end + 1)) {
		let escapes = 0;
		while (text[end - 1 - escapes] === "\\") escapes++;
		if (escapes % 2 === 0) return end + 1;
	}
}

function behindValue(text: string, at: number): number {
	const first = text[at];
	if (first === QUOTE) return behindString(text, at);
	if (first !== "{" && first !== "[") {
		let end = at;
		while (!",}".includes(text[end] ?? "}") && (text[end] ?? "").trim() !== "") end++;
		return end;
	}
	let depth = 0;
	STRUCTURE.lastIndex = at;
	for (let found = STRUCTURE.exec(text); found !== null; found = STRUCTURE.exec(text)) {
		const [mark] = found;
		if (mark === QUOTE) STRUCTURE.lastIndex = behindString(text, found.index);
		else if (mark === "{" || mark === "[") depth++;
		else if (--depth === 0) return found.index + 1;
	}
	return text.length;
}
