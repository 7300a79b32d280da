// The versions of what admins decide: what each changed, and the one act, putting an earlier one back.
import { useQuery } from "@tanstack/react-query";
import { call } from "~/api/client";
import { all } from "~/api/lists";
import { defineWords, useWords } from "~/i18n/language";
import { DangerAct } from "~/ui/danger-act";
import { Difference } from "~/ui/difference";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Tag } from "~/ui/status";
import { Exactly } from "~/ui/values";

const words = defineWords(
	{
		title: "Versions",
		version: (number: number) => `Version ${number}`,
		inForce: "in force",
		removed: "removed",
		putBack: "Put back",
		putBackTitle: (number: number, name: string) => `Put back version ${number} of ${name}?`,
		putBackWhat: "It becomes a new version, in force for the next request. None of the others is lost.",
		changed: (number: number) => `What version ${number} changed`,
		none: "Nothing was ever written of it.",
	},
	{
		title: "版本",
		version: (number) => `版本 ${number}`,
		inForce: "当前",
		removed: "已移除",
		putBack: "恢复",
		putBackTitle: (number, name) => `恢复 ${name} 的版本 ${number}？`,
		putBackWhat: "它会成为新版本，从下一个请求起生效。其他版本都会保留。",
		changed: (number) => `版本 ${number} 的变更`,
		none: "从未有过记录。",
	},
);

interface Version {
	readonly id: string;
	readonly version: number;
	readonly removed: boolean;
	readonly created_at: string;
}

interface VersionsProps {
	readonly name: string;
	/** Where the versions are listed, and where one is put back. */
	readonly listAt: string;
	readonly rollbackAt: string;
	/** What of a version says what it was. */
	readonly contentOf: (version: Readonly<Record<string, unknown>>) => unknown;
	readonly mayChange: boolean;
	/** What has to be read anew then. */
	readonly refreshes: readonly string[];
}

export function Versions({ name, listAt, rollbackAt, contentOf, mayChange, refreshes }: VersionsProps) {
	const text = useWords(words);
	const query = useQuery({
		queryKey: [...refreshes, "versions", listAt],
		queryFn: ({ signal }) => all<Version>(listAt, {}, signal),
	});
	return (
		<Panel title={text.title}>
			<Loaded query={query} rows={3}>
				{(versions) =>
					versions.length === 0 ? (
						<p className="m-0 text-kumo-subtle">{text.none}</p>
					) : (
						<ol className="m-0 flex list-none flex-col gap-4 p-0">
							{versions.map((version, place) => (
								<li key={version.id} className="flex flex-col gap-2">
									<div className="flex flex-wrap items-center gap-2">
										<span className="font-medium">{text.version(version.version)}</span>
										{place === 0 ? <Tag>{version.removed ? text.removed : text.inForce}</Tag> : null}
										<span className="text-kumo-subtle">
											<Exactly at={version.created_at} />
										</span>
										{mayChange && place > 0 && !version.removed ? (
											<DangerAct
												action={text.putBack}
												title={text.putBackTitle(version.version, name)}
												consequence={text.putBackWhat}
												run={() => call<unknown>("POST", rollbackAt, { body: { version: version.version } })}
												refreshes={[refreshes]}
											/>
										) : null}
									</div>
									<Difference
										caption={text.changed(version.version)}
										before={said(versions[place + 1])}
										after={said(version)}
									/>
								</li>
							))}
						</ol>
					)
				}
			</Loaded>
		</Panel>
	);

	function said(version: Version | undefined): unknown {
		return version === undefined || version.removed ? null : contentOf({ ...version });
	}
}
