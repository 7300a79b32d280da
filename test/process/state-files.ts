// Searches all that a gateway keeps on disk for a text, however it may be encoded there.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { constants, gunzipSync } from "node:zlib";

/** All that a gateway keeps on disk: objects, D1, KV and R2, with the parts of them that are compressed laid open. */
export async function keptFiles(state: string): Promise<Map<string, Buffer>> {
	const root = path.join(state, "v3");
	const names = await readdir(root, { recursive: true, withFileTypes: true });
	const files = new Map<string, Buffer>();
	for (const entry of names) {
		const file = path.join(entry.parentPath, entry.name);
		// The development server's own traces, which no deployment has.
		if (!entry.isFile() || path.relative(root, file).startsWith("observability")) continue;
		const bytes = await readFile(file);
		files.set(path.relative(root, file), Buffer.concat([bytes, ...unpacked(bytes)]));
	}
	return files;
}

/** What gzip had packed, wherever it begins. */
function unpacked(bytes: Buffer): Buffer[] {
	const found: Buffer[] = [];
	for (let at = bytes.indexOf("1f8b08", 0, "hex"); at !== -1; at = bytes.indexOf("1f8b08", at + 1, "hex")) {
		try {
			found.push(gunzipSync(bytes.subarray(at), { finishFlush: constants.Z_SYNC_FLUSH }));
		} catch {
			// It only looked like the beginning of one.
		}
	}
	return found;
}

/** The ways in which a text may lie in a file: as it is, in UTF-16, in hex, and in base64 at any of three offsets. */
export function spellings(text: string): Buffer[] {
	const bytes = Buffer.from(text);
	const base64 = [0, 1, 2].map((offset) => {
		const padded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
		// The ends mix with what lies around.
		return padded.slice(offset === 0 ? 0 : 4, -4);
	});
	return [bytes, Buffer.from(text, "utf16le"), ...[bytes.toString("hex"), ...base64].map((each) => Buffer.from(each))];
}
