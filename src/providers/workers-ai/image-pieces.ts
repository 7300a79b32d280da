// Reads an image of Workers AI that comes as the bytes of its file.

import type { Model } from "#catalog/model";
import { imageTypeOf } from "#core/images/image-type";
import type { ImagesChunk, ImagesRequest } from "#core/images/images";
import { base64Of, joinedBytes } from "#lib/text-bytes";
import type { PieceDecoder } from "#providers/adapter";
import { empty, malformed, truncated } from "#providers/shared/faults";
import { billedByUnits } from "#providers/shared/images/codec";
import { unitsOf } from "./image-units";

/** The whole file as one chunk. Throws `UpstreamError` for a media type that is no image's. */
export function imagePieces(request: ImagesRequest, model: Model, type: string): PieceDecoder<ImagesChunk> {
	if (!type.startsWith("image/")) throw malformed("the answer is no image by its media type");
	const pieces: Uint8Array[] = [];
	return {
		push(bytes) {
			pieces.push(bytes);
			return [];
		},
		end() {
			const file = joinedBytes(pieces);
			if (file.byteLength === 0) throw empty();
			const kind = imageTypeOf(file);
			if (kind === null) throw malformed("the answer is no image");
			if (kind === "image/jpeg" && !endsAsJpeg(file)) throw truncated();
			const image = { form: "b64_json", data: base64Of(file) } as const;
			const answer = {
				...billedByUnits([image], unitsOf(request, model)),
				made: { output_format: kind.slice("image/".length) },
			};
			return [{ answer, ...(answer.usage !== null && { usage: answer.usage }) }];
		},
	};
}

function endsAsJpeg(file: Uint8Array): boolean {
	return file.at(-2) === 0xff && file.at(-1) === 0xd9;
}
