/** OpenAI's images, as its SDKs speak them: of a text, and of pictures that come in a form. */

import type { Images, ImagesChunk, ImagesRequest } from "#core/images/images";
import type { Face } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { openaiModels } from "#faces/openai-chat/models";
import { images } from "#operations/images/index";
import { parseImages } from "./parse";
import { parseEdit, parseVariation } from "./parse-form";
import { renderImages } from "./render";
import { ImagesStream } from "./render-stream";

type ImagesFace = Face<ImagesRequest, Images, ImagesChunk, ImagesRequest["task"]>;

export const openaiImages: ImagesFace = {
	name: "images",
	operation: images,
	parse: parseImages,
	whole: renderImages,
	stream: (head, task) => new ImagesStream(head, task),
	error: errorBody,
	models: openaiModels,
};
export const openaiImageEdits: ImagesFace = { ...openaiImages, takes: "form", parse: parseEdit };
export const openaiImageVariations: ImagesFace = { ...openaiImages, takes: "form", parse: parseVariation };
