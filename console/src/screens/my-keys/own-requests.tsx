// What a member asked for, and what became of it; the text of an approved key is shown once.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { useKeys } from "~/api/names";
import { useKeyRequests } from "~/api/self-service";
import type { Key, KeyRequest, NewKey } from "~/api/types";
import { money } from "~/format/money";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { ShownOnce } from "~/screens/keys/shown-once";
import { myKeyWords } from "~/screens/my-keys/words";
import { Button } from "~/ui/button";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { type Light, Status } from "~/ui/status";
import { Table } from "~/ui/table";
import { ToldAlert } from "~/ui/told";
import { Ago } from "~/ui/values";

const LIGHTS: Record<KeyRequest["status"], Light> = {
	waiting: "neutral",
	granted: "good",
	approved: "good",
	refused: "neutral",
};

export function OwnRequests() {
	const words = useWords(myKeyWords);
	const shared = useWords(common);
	const requests = useKeyRequests();
	const keys = useKeys();
	const queries = useQueryClient();
	const [shown, setShown] = useState<NewKey | null>(null);
	const show = (made: NewKey) => {
		setShown(made);
		void queries.invalidateQueries({ queryKey: ["keys"] });
	};
	const budgetOf = useBudgetText();
	const stateOf = ({ status, refusal }: KeyRequest) =>
		refusal === null ? words.statuses[status] : words.refused(refusal);
	return (
		<Panel title={words.requests}>
			<Loaded query={requests}>
				{(rows) =>
					rows.length === 0 ? (
						<p className="m-0 text-kumo-subtle">{words.noRequests}</p>
					) : (
						<Table
							caption={words.requests}
							rows={rows}
							rowKey={({ id }) => id}
							columns={[
								{ id: "name", title: shared.name, cell: ({ name }) => name },
								{ id: "budget", title: words.budget, cell: budgetOf, wideOnly: true },
								{ id: "asked", title: words.asked, cell: (row) => <Ago at={row.created_at} />, wideOnly: true },
								{
									id: "status",
									title: shared.status,
									cell: (row) => {
										const key = keys.data?.find(({ id }) => id === row.key_id);
										return (
											<span className="flex items-center gap-3">
												<Status light={LIGHTS[row.status]}>{stateOf(row)}</Status>
												{row.status === "approved" && key !== undefined && isUnseen(key) ? (
													<ShowOnce id={key.id} onShown={show} />
												) : null}
											</span>
										);
									},
								},
							]}
						/>
					)
				}
			</Loaded>
			{shown === null ? null : <ShownOnce made={shown} onClose={() => setShown(null)} />}
		</Panel>
	);
}

/** The budget that was asked for, in words. */
export function useBudgetText(): (request: KeyRequest) => string {
	const words = useWords(myKeyWords);
	const { language } = useLanguage();
	return ({ budget_usd: amount, window }) =>
		amount === null || window === null ? words.noBudget : words.amount(money(amount, language), words.windows[window]);
}

/** A key that still has the text with which it was made, which no one has seen. */
function isUnseen({ status, created_at, secrets }: Key): boolean {
	return status === "active" && secrets.every((secret) => secret.created_at === created_at);
}

/** What is shown of the text stays until it is closed, whatever becomes of the row. */
function ShowOnce({ id, onShown }: { readonly id: string; readonly onShown: (made: NewKey) => void }) {
	const words = useWords(myKeyWords);
	const rotate = useMutation({
		mutationFn: () => call<NewKey>("POST", `/admin/keys/${id}/rotate`, { body: { grace_seconds: 0 } }),
		onSuccess: onShown,
	});
	return (
		<>
			<Button busy={rotate.isPending} onClick={() => rotate.mutate()}>
				{words.showOnce}
			</Button>
			<ToldAlert error={rotate.error} />
		</>
	);
}
