// A button for what cannot be taken back lightly: it asks once, naming what it is about, and says what went wrong.
import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { FormFoot } from "~/ui/form-foot";

interface Props<Answer> {
	/** Says what it does, on the button and again where it is confirmed. */
	readonly action: string;
	readonly kind?: "quiet" | "secondary" | "danger";
	/** Names what it is about. */
	readonly title: string;
	/** What stops when it is done. */
	readonly consequence: string;
	/** Throws `ApiError`. */
	readonly run: () => Promise<Answer>;
	/** The queries whose answers change by it. */
	readonly refreshes: readonly QueryKey[];
	readonly onDone?: (answer: Answer) => void;
}

export function DangerAct<Answer>(props: Props<Answer>) {
	const { action, kind = "quiet", title, consequence, run, refreshes, onDone } = props;
	const queries = useQueryClient();
	const [asking, setAsking] = useState(false);
	const act = useMutation({
		mutationFn: run,
		onSuccess: async (answer) => {
			await Promise.all(refreshes.map((queryKey) => queries.invalidateQueries({ queryKey })));
			setAsking(false);
			onDone?.(answer);
		},
	});
	return (
		<>
			<Button kind={kind} onClick={() => setAsking(true)}>
				{action}
			</Button>
			{asking ? (
				<Dialog title={title} description={consequence} onClose={() => setAsking(false)}>
					<form
						className="flex flex-col gap-4"
						onSubmit={(event) => {
							event.preventDefault();
							act.mutate();
						}}
					>
						<FormFoot action={action} kind="danger" attempt={act} onCancel={() => setAsking(false)} />
					</form>
				</Dialog>
			) : null}
		</>
	);
}
