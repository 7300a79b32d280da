// How a request ended, as a word and its code.
import type { RequestRow } from "~/api/types";
import { useWords } from "~/i18n/language";
import { requestWords } from "~/screens/requests/words";
import { Status } from "~/ui/status";

const CALLER_LEFT = 499;
const SERVER_ERROR = 500;

export function RequestStatus({ request }: { readonly request: Pick<RequestRow, "status" | "error_code"> }) {
	const words = useWords(requestWords);
	const { status, error_code } = request;
	if (status === null) return <Status light="neutral">{words.running}</Status>;
	if (status === CALLER_LEFT) return <Status light="neutral">{`${words.left} 499`}</Status>;
	if (status < 400 && error_code === null) return <Status light="good">{`${words.ok} ${status}`}</Status>;
	return <Status light={status >= SERVER_ERROR ? "bad" : "warning"}>{`${error_code ?? words.error} ${status}`}</Status>;
}
