/** OpenAI's generation of images, as its SDKs speak it. */

import type { Images, ImagesChunk, ImagesRequest } from "#core/images/images";
import type { Face } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { openaiModels } from "#faces/openai-chat/models";
import { images } from "#operations/images/index";
import { parseImages } from "./parse";
import { renderImages } from "./render";

export const openaiImages: Face<ImagesRequest, Images, ImagesChunk, null> = {
	name: "images",
	operation: images,
	parse: parseImages,
	whole: renderImages,
	stream: () => {
		throw new TypeError("a request for images never asks for a stream");
	},
	error: errorBody,
	models: openaiModels,
};
