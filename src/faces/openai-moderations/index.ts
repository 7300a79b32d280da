/** OpenAI's moderations, as its SDKs speak them. */

import type { Moderation, ModerationChunk, ModerationRequest } from "#core/moderation/moderation";
import type { Face } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { openaiModels } from "#faces/openai-chat/models";
import { moderations } from "#operations/moderations/index";
import { parseModeration } from "./parse";
import { renderModeration } from "./render";

export const openaiModerations: Face<ModerationRequest, Moderation, ModerationChunk, null> = {
	name: "moderations",
	operation: moderations,
	parse: parseModeration,
	whole: renderModeration,
	stream: () => {
		throw new TypeError("a request for a moderation never asks for a stream");
	},
	error: errorBody,
	models: openaiModels,
};
