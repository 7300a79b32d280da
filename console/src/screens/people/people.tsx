// People: those who may come in and with what role, sessions that are open, and the keys that people ask for.
import { useState } from "react";
import { useReach, useSession } from "~/api/session";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { InvitationList, InviteDialog } from "~/screens/people/invitations";
import { SessionList } from "~/screens/people/sessions";
import { TokenList } from "~/screens/people/tokens";
import { WaitingRequests } from "~/screens/people/waiting-requests";
import { peopleWords } from "~/screens/people/words";
import { Button } from "~/ui/button";
import { Screen } from "~/ui/panel";

export function People() {
	const words = useWords(peopleWords);
	const shared = useWords(common);
	const { role } = useSession();
	const { gateway } = useReach();
	const [inviting, setInviting] = useState(false);
	const mayChange = role === "admin";
	return (
		<Screen
			title={shared.people}
			actions={
				mayChange ? (
					<Button kind="primary" onClick={() => setInviting(true)}>
						{words.invite}
					</Button>
				) : null
			}
		>
			<WaitingRequests />
			{gateway ? (
				<>
					<TokenList of="people" mayChange={mayChange} />
					<InvitationList mayChange={mayChange} />
					<SessionList mayChange={mayChange} />
				</>
			) : null}
			{inviting ? <InviteDialog onClose={() => setInviting(false)} /> : null}
		</Screen>
	);
}
