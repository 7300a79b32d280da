// The door: an admin token, an API key, or an invitation's link.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "~/api/client";
import { sessionQuery, useSignIn } from "~/api/session";
import { Appearance } from "~/app/account-menu";
import { frameWords } from "~/app/frame-words";
import { useWords } from "~/i18n/language";
import { Button } from "~/ui/button";
import { Snippet } from "~/ui/copy";
import { TextField } from "~/ui/fields";
import { Told } from "~/ui/told";

export function SignIn({ invitation }: { readonly invitation: string | null }) {
	const { signIn: own } = useWords(frameWords);
	const signIn = useSignIn();
	const [text, setText] = useState("");
	const [missing, setMissing] = useState(false);
	const queries = useQueryClient();
	const { error } = signIn;
	if (signIn.data?.token !== undefined) {
		return (
			<main className="mx-auto flex min-h-screen max-w-lg flex-col justify-center gap-6 p-4">
				<h1 className="m-0 font-semibold text-xl">{own.yourToken}</h1>
				<p className="m-0">{own.yourTokenWhy}</p>
				<Snippet text={signIn.data.token} />
				<Button
					kind="primary"
					onClick={() => {
						history.replaceState(null, "", "/console/");
						void queries.resetQueries({ queryKey: sessionQuery.queryKey });
					}}
				>
					{own.goIn}
				</Button>
			</main>
		);
	}
	const wrong = error instanceof ApiError && error.signedOut;
	const problem = missing ? own.empty : error === null ? undefined : wrong ? own.wrong : <Told error={error} />;
	return (
		<main className="mx-auto flex min-h-screen max-w-sm flex-col justify-center gap-6 p-4">
			<h1 className="m-0 font-semibold text-xl">{invitation === null ? own.title : own.invited}</h1>
			<form
				className="flex flex-col gap-4"
				onSubmit={(event) => {
					event.preventDefault();
					const given = text.trim();
					setMissing(given === "");
					if (given !== "") signIn.mutate(invitation === null ? { token: given } : { invitation, name: given });
				}}
			>
				{invitation === null ? (
					<TextField
						label={own.credential}
						hint={own.hint}
						type="password"
						autoComplete="current-password"
						value={text}
						onChange={setText}
						error={problem}
						autoFocus
					/>
				) : (
					<TextField label={own.name} autoComplete="name" value={text} onChange={setText} error={problem} autoFocus />
				)}
				<Button kind="primary" type="submit" busy={signIn.isPending}>
					{invitation === null ? own.submit : own.accept}
				</Button>
			</form>
			<Appearance />
		</main>
	);
}
