// One small real call to a provider, with the provider's own answer when it fails.
import { useMutation } from "@tanstack/react-query";
import { call } from "~/api/client";
import { duration } from "~/format/numbers";
import { useLanguage, useWords } from "~/i18n/language";
import { providerWords } from "~/screens/providers/words";
import { Button } from "~/ui/button";
import { ToldAlert } from "~/ui/told";

interface Result {
	readonly status: "ok" | "failed";
	readonly latency_ms: number;
	readonly failure?: {
		readonly kind: string;
		readonly upstream_status: number | null;
		readonly message: string;
	} | null;
}

export function ProviderTest({ provider }: { readonly provider: string }) {
	const words = useWords(providerWords);
	const { language } = useLanguage();
	const test = useMutation({
		mutationFn: () => call<Result>("POST", `/admin/providers/${encodeURIComponent(provider)}/test`, { body: {} }),
	});
	const failure = test.data?.failure ?? null;
	return (
		<>
			<Button busy={test.isPending} onClick={() => test.mutate()}>
				{words.test}
			</Button>
			<div role="status" className="w-full empty:hidden">
				{test.data?.status === "ok" ? words.tested(duration(test.data.latency_ms, language)) : null}
				{failure === null ? null : (
					<>
						<p className="m-0 text-kumo-danger">
							{words.testFailed([failure.kind, failure.upstream_status].filter(Boolean).join(" "))}
						</p>
						<blockquote
							className="m-0 break-words border-kumo-line border-l-2 pl-2 text-kumo-subtle"
							aria-label={words.itsAnswer}
						>
							{failure.message}
						</blockquote>
					</>
				)}
				<ToldAlert error={test.error} />
			</div>
		</>
	);
}
