// How vendors name one model in several ways: with a date, as the latest, with dots or dashes.

/** A date or a number of a version at a name's end, such as `-2024-07-18`, `-20250929`, `@20250929` or `-001`. */
const DATED =
	/[-@](?:20\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])|20\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|00\d)$/;
const LATEST = "-latest";

/** How vendors name models that search the web unasked, and bill each search beside the tokens. */
const SEARCHING = /search-preview|-search-api|deep-research|-online$|(?:^|\/)sonar/i;

/** Whether a model's name says that it may cost more than its tokens: no price per token bounds it then. */
export function searchesUnasked(name: string): boolean {
	return SEARCHING.test(name);
}

/** The name without its date; null for one that has none. */
export function undated(name: string): string | null {
	const at = name.search(DATED);
	return at < 1 ? null : name.slice(0, at);
}

/** What a name means the latest of; null for one that does not say so. */
export function latestOf(name: string): string | null {
	const lower = name.toLowerCase();
	return lower.endsWith(LATEST) && lower.length > LATEST.length ? name.slice(0, -LATEST.length) : null;
}

/** The same for names that differ only in dots, dashes and case. */
export function spelling(name: string): string {
	return name.toLowerCase().replaceAll(".", "-");
}

/**
 * Of `ids`, the one with the highest version among those that are called `stem` but for the numbers: of
 * `gemini-flash`, `gemini-3.8-flash` before `gemini-3.5-flash`. Undefined when none is called so.
 */
export function newestOf(stem: string, ids: Iterable<string>): string | undefined {
	const wanted = wordsOf(stem);
	let best: { readonly id: string; readonly version: readonly number[] } | undefined;
	for (const id of ids) {
		const version = versionBeside(wanted, wordsOf(undated(id) ?? id));
		if (version !== null && (best === undefined || isLater(version, best.version))) best = { id, version };
	}
	return best?.id;
}

function wordsOf(name: string): string[] {
	return spelling(name).split("-");
}

/** The numbers that `words` have beside all of `wanted`; null when they lack one of these or have other words. */
function versionBeside(wanted: readonly string[], words: readonly string[]): number[] | null {
	const left = [...words];
	for (const word of wanted) {
		const at = left.indexOf(word);
		if (at === -1) return null;
		left.splice(at, 1);
	}
	return left.every((word) => /^\d{1,3}$/.test(word)) ? left.map(Number) : null;
}

function isLater(a: readonly number[], b: readonly number[]): boolean {
	for (let at = 0; at < Math.max(a.length, b.length); at++) {
		const [left, right] = [a[at] ?? 0, b[at] ?? 0];
		if (left !== right) return left > right;
	}
	return false;
}

/** Names that only one vendor gives to its models. */
const VENDOR_NAMES: readonly (readonly [RegExp, vendor: string])[] = [
	[/^(?:ft:)?(?:gpt|chatgpt|codex|davinci|babbage)-|^(?:ft:)?o[1-9](?:-|$)/i, "openai"],
	[/^claude-/i, "anthropic"],
	[/^(?:gemini|tunedModels\/)/i, "gemini"],
	[/^deepseek-(?!ai\/)/i, "deepseek"],
	[/^@[ch]f\//i, "workers-ai"],
	[/^~[\w-]+\//, "openrouter"],
];

/** The only vendor that could mean a name that is not known; null where several could, or none. */
export function vendorNamed(name: string): string | null {
	return VENDOR_NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
