/**
 * Reads comma-separated values as RFC 4180 writes them: quoted fields may hold commas, line breaks and doubled quotes.
 * Lines that hold nothing are left out. Never throws: a quote that is not closed ends with the text.
 */
export function parseCsv(text: string): string[][] {
	const lines: string[][] = [];
	let line: string[] = [];
	let field = "";
	let isQuoted = false;
	const endLine = (): void => {
		line.push(field);
		if (line.length > 1 || field !== "") lines.push(line);
		line = [];
		field = "";
	};
	for (let i = text.startsWith("\ufeff") ? 1 : 0; i < text.length; i++) {
		const char = text[i];
		if (isQuoted) {
			if (char !== '"') field += char;
			else if (text[i + 1] === '"') field += text[++i];
			else isQuoted = false;
		} else if (char === '"' && field === "") isQuoted = true;
		else if (char === ",") {
			line.push(field);
			field = "";
		} else if (char === "\n") endLine();
		else if (char !== "\r" || text[i + 1] !== "\n") field += char;
	}
	if (field !== "" || line.length > 0) endLine();
	return lines;
}
