// `/v1/files`: the files of a team, which vendors' accounts keep.
import * as v from "valibot";
import { validationError } from "#core/validation-error";
import { openaiChat } from "#faces/openai-chat/index";
import {
	FILE_PURPOSES,
	type FilesCall,
	fileContent,
	orUnavailable,
	removeFile,
	teamFile,
	uploadFile,
} from "#gateway/files/team-files";
import type { KeyCall, Route } from "#http/call";
import { readForm } from "#http/request/form-body";
import { pageFields, pageOf } from "#http/request/page";
import { decodeQuery } from "#http/request/query";
import { DeletedFileView, FilesView, FileView, renderFile } from "#http/views/kept/file";
import { FormFile } from "#lib/form-fields";
import { listFiles } from "#store/files/files";
import { keptRoutesOf, VENDOR_ERRORS } from "./kept-route";

/** How long a vendor may be asked to keep a file, in seconds: from an hour to thirty days. */
const Lifetime = v.pipe(v.string(), v.digits(), v.transform(Number), v.minValue(3_600), v.maxValue(2_592_000));

const NewFileBody = v.strictObject({
	file: v.pipe(
		v.custom<FormFile>((value) => value instanceof FormFile, "must be a file"),
		v.description("the file"),
	),
	purpose: v.picklist(FILE_PURPOSES),
	"expires_after[anchor]": v.exactOptional(v.literal("created_at")),
	"expires_after[seconds]": v.exactOptional(Lifetime),
	provider: v.exactOptional(
		v.pipe(v.string(), v.description("whose account keeps it; OpenAI's unless given, where that serves")),
	),
});

const FilesQuery = v.object({
	...pageFields,
	purpose: v.optional(v.string()),
	order: v.optional(v.picklist(["asc", "desc"]), "desc"),
});

const OF_FILES = ["files_unavailable", "provider_unavailable"] as const;

const route = keptRoutesOf(openaiChat);

export const fileRoutes: Route[] = [
	route("POST", "/v1/files", upload, {
		summary: "Upload a file to a vendor's account, for one's own team alone",
		text: "As OpenAI's Files; `expires_after` as its SDKs write it. The file can be used where it lies, and nowhere else.",
		body: NewFileBody,
		bodyMedia: "multipart/form-data",
		answer: FileView,
		errors: [...OF_FILES, ...VENDOR_ERRORS, "files_full", "provider_not_found", "unsupported_endpoint"],
	}),
	route("GET", "/v1/files", list, {
		summary: "List the team's files",
		query: FilesQuery,
		answer: FilesView,
		errors: ["files_unavailable"],
	}),
	route("GET", "/v1/files/:id", show, {
		summary: "Show a file of the team's",
		answer: FileView,
		errors: ["file_not_found", "files_unavailable"],
	}),
	route("DELETE", "/v1/files/:id", remove, {
		summary: "Delete a file of the team's, at its vendor too",
		answer: DeletedFileView,
		errors: ["file_not_found", ...OF_FILES, ...VENDOR_ERRORS],
	}),
	route("GET", "/v1/files/:id/content", content, {
		summary: "Read what a file of the team's holds",
		answer: v.string(),
		media: "application/octet-stream",
		errors: ["file_not_found", ...OF_FILES, ...VENDOR_ERRORS],
	}),
];

/** A request about files, as they are asked about. */
function filesCall({ env, isolate, request }: KeyCall, principal: FilesCall["principal"]): FilesCall {
	return { env, isolate, principal, caller: request.signal };
}

async function upload(call: KeyCall): Promise<Response> {
	const { request, body, isolate, principal } = call;
	const fields = await readForm(body, request.headers.get("content-type") ?? "");
	const read = v.safeParse(NewFileBody, fields, { abortEarly: true });
	if (!read.success) throw validationError(read.issues[0]);
	const { file, purpose, provider, "expires_after[seconds]": seconds } = read.output;
	const stored = await uploadFile(filesCall(call, principal), await isolate.providers.serving(call), {
		file,
		purpose,
		...(seconds !== undefined && { seconds }),
		...(provider !== undefined && { provider }),
	});
	return Response.json(renderFile(stored));
}

async function list({ env, url, principal, receivedAt }: KeyCall): Promise<Response> {
	const { purpose = null, order } = decodeQuery(FilesQuery, url);
	const page = { purpose, order, ...pageOf(url) };
	const { files, more } = await orUnavailable(listFiles(env.DB, principal.teamId, page, receivedAt));
	const data = files.map(renderFile);
	return Response.json({
		object: "list",
		data,
		first_id: data[0]?.id ?? null,
		last_id: data.at(-1)?.id ?? null,
		has_more: more,
	});
}

async function show(call: KeyCall): Promise<Response> {
	return Response.json(renderFile(await teamFile(call, call.params.id ?? "")));
}

async function remove(call: KeyCall): Promise<Response> {
	const id = call.params.id ?? "";
	await removeFile(filesCall(call, call.principal), await call.isolate.providers.serving(call), id);
	return Response.json({ id, object: "file", deleted: true });
}

/** What a file holds is passed on as it comes, and is no page of the gateway's. */
async function content(call: KeyCall): Promise<Response> {
	const file = await teamFile(call, call.params.id ?? "");
	const { body } = await fileContent(filesCall(call, call.principal), await call.isolate.providers.serving(call), file);
	return new Response(body, {
		headers: {
			"content-type": "application/octet-stream",
			"content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`,
			"cache-control": "no-store",
		},
	});
}
