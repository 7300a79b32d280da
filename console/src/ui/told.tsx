// An error as the gateway told it: its meaning in the person's language, the field at fault, the gateway's own text,
// and the id by which an admin finds the request.
import { ApiError } from "~/api/client";
import { common } from "~/i18n/common";
import { meaningOf } from "~/i18n/errors";
import { useLanguage, useWords } from "~/i18n/language";

export function Told({ error }: { readonly error: Error }) {
	const words = useWords(common);
	const { language } = useLanguage();
	if (!(error instanceof ApiError)) return error.message;
	if (error.status === 0) return words.unreachable;
	const meaning = meaningOf(error.code, language);
	return (
		<span className="break-words">
			{meaning === undefined ? null : error.param === null ? meaning : words.inField(meaning, error.param)}
			{language === "en" ? (
				error.message
			) : (
				<span className="block">
					{words.gatewaySays} <q lang="en">{error.message}</q>
				</span>
			)}
			{error.requestId === null ? null : (
				<span className="block text-kumo-subtle">{words.requestId(error.requestId)}</span>
			)}
		</span>
	);
}

/** The same where a form has failed, read out at once. */
export function ToldAlert({ error }: { readonly error: Error | null }) {
	if (error === null) return null;
	return (
		<p role="alert" className="m-0 text-kumo-danger">
			<Told error={error} />
		</p>
	);
}
