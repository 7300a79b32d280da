// One alias: its ranked list to change, its versions, and its end.
import { Link } from "@tanstack/react-router";
import { call } from "~/api/client";
import { useSession } from "~/api/session";
import type { Alias } from "~/api/types";
import { useWords } from "~/i18n/language";
import { AliasForm } from "~/screens/models/alias-form";
import { modelWords } from "~/screens/models/words";
import { DangerAct } from "~/ui/danger-act";
import { Dialog } from "~/ui/dialog";
import { Versions } from "~/ui/versions";

export function AliasSheet({ alias, onClose }: { readonly alias: Alias; readonly onClose: () => void }) {
	const words = useWords(modelWords);
	const { role } = useSession();
	const mayChange = role === "admin";
	const { name, version, models, strategy } = alias;
	const path = `/admin/aliases/${encodeURIComponent(name)}`;
	return (
		<Dialog title={name} description={words.strategies[strategy]} shape="sheet" onClose={onClose}>
			<div className="flex flex-col gap-6">
				{mayChange ? (
					// Another version is another form.
					<AliasForm key={version} alias={alias} onDone={onClose} />
				) : (
					<ol className="m-0 pl-5">
						{models.map(({ model }) => (
							<li key={model}>{model}</li>
						))}
					</ol>
				)}
				<p className="m-0 flex flex-wrap items-center gap-4">
					<Link to="/models" search={{ tab: "route", model: name }} className="text-kumo-link">
						{words.tabs.route}
					</Link>
					<Link to="/audit" search={{ subject: name }} className="text-kumo-link">
						{words.history}
					</Link>
					{mayChange ? (
						<DangerAct
							action={words.remove}
							title={words.removeTitle(name)}
							consequence={words.removeWhat(name)}
							run={() => call<unknown>("DELETE", path)}
							refreshes={[["aliases"]]}
							onDone={onClose}
						/>
					) : null}
				</p>
				<Versions
					name={name}
					listAt={`${path}/versions`}
					rollbackAt={`${path}/rollback`}
					contentOf={({ id: _id, object: _object, version: _version, removed: _removed, created_at: _at, ...said }) =>
						said
					}
					mayChange={mayChange}
					refreshes={["aliases"]}
				/>
			</div>
		</Dialog>
	);
}
