// The simulator's tokenizer.

/**
 * The simulator's tokenizer, one rule for every vendor: a token is a letter of Han, Kana or Hangul; up to five other
 * letters or up to three digits, with the one blank before them; a run of blanks; or any other single character.
 * English comes out at about four characters per token. The rule looks at nothing behind it, so every prefix of
 * tokens counts the same alone as within the whole, and a stream that breaks off can be billed to the token.
 */
const TOKEN =
	/\s?[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]|\s?(?:(?![\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}])\p{L}){1,5}|\s?\p{N}{1,3}|\s+|[^\s]/gu;

/** Cuts a text into its tokens; joined, they are the text. */
export function tokens(text: string): string[] {
	return text.match(TOKEN) ?? [];
}

export function countTokens(text: string): number {
	return tokens(text).length;
}

/** What a message costs beyond its words: its role and borders. */
export const MESSAGE_TOKENS = 4;
/** What every image costs, whatever its size. */
export const IMAGE_TOKENS = 258;
/** What every other attachment costs: audio, video, a document. */
export const FILE_TOKENS = 512;
