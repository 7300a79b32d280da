// Shows the screens to a person who is signed in, and the door to everyone else.
import { useQuery } from "@tanstack/react-query";
import { ApiError } from "~/api/client";
import { sessionQuery } from "~/api/session";
import { Frame } from "~/app/frame";
import { SignIn } from "~/screens/sign-in/sign-in";
import { Failure, Skeleton } from "~/ui/states";

export function Door() {
	const session = useQuery(sessionQuery);
	if (session.data !== undefined) return <Frame />;
	if (session.error === null) return <Skeleton rows={6} />;
	if (session.error instanceof ApiError && session.error.signedOut) {
		return <SignIn invitation={invitationOf(location.hash)} />;
	}
	return <Failure error={session.error} onRetry={() => session.refetch()} />;
}

/** An invitation's code stands behind the `#`, which browsers send to no server. */
function invitationOf(hash: string): string | null {
	return new URLSearchParams(hash.slice(1)).get("invitation");
}
