// Whether the books of the objects and the database agree, as of the last comparison.
import { useQuery } from "@tanstack/react-query";
import { call } from "~/api/client";
import type { Page } from "~/api/lists";
import { useWords } from "~/i18n/language";
import { usageWords } from "~/screens/usage/words";
import { Status } from "~/ui/status";
import { Ago } from "~/ui/values";

interface Comparison {
	readonly at: string;
	readonly differs: boolean;
}

export function Reconciled() {
	const words = useWords(usageWords);
	const last = useQuery({
		queryKey: ["reconciliation", "last"],
		queryFn: ({ signal }) => call<Page<Comparison>>("GET", "/admin/reconciliation", { query: { limit: 1 }, signal }),
	});
	const differing = useQuery({
		queryKey: ["reconciliation", "differs"],
		queryFn: ({ signal }) =>
			call<Page<Comparison>>("GET", "/admin/reconciliation", { query: { limit: 1, differs: true }, signal }),
	});
	const compared = last.data?.data[0];
	if (compared === undefined || differing.data === undefined) return null;
	const agree = differing.data.data.length === 0;
	return (
		<span className="inline-flex items-center gap-1.5">
			<Status light={agree ? "good" : "bad"}>{agree ? words.agree : words.differ}</Status>
			<span className="text-kumo-subtle">
				<Ago at={compared.at} />
			</span>
		</span>
	);
}
