// The person who is signed in, the language, the theme, and the way out.
import { UserCircleIcon } from "@phosphor-icons/react/UserCircle";
import { useState } from "react";
import { useSession, useSignOut } from "~/api/session";
import { frameWords } from "~/app/frame-words";
import { THEMES, useTheme } from "~/app/theme";
import { LANGUAGES, type Language, useLanguage, useWords } from "~/i18n/language";
import { Button, IconButton } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { SelectField } from "~/ui/fields";

export function AccountMenu() {
	const words = useWords(frameWords);
	const [open, setOpen] = useState(false);
	return (
		<>
			<IconButton label={words.account} icon={<UserCircleIcon size={18} />} onClick={() => setOpen(true)} />
			{open ? <Account onClose={() => setOpen(false)} /> : null}
		</>
	);
}

function Account({ onClose }: { readonly onClose: () => void }) {
	const words = useWords(frameWords);
	const session = useSession();
	const signOut = useSignOut();
	return (
		<Dialog title={session.name} description={words.roles[session.role]} onClose={onClose}>
			<div className="flex flex-col gap-4">
				<Appearance />
				<div>
					<Button busy={signOut.isPending} onClick={() => signOut.mutate()}>
						{words.signOut}
					</Button>
				</div>
			</div>
		</Dialog>
	);
}

/** Language and theme: also for a person who is not signed in. */
export function Appearance() {
	const words = useWords(frameWords);
	const { language, choose: chooseLanguage } = useLanguage();
	const { theme, choose: chooseTheme } = useTheme();
	const languages = Object.entries(LANGUAGES) as [Language, string][];
	return (
		<div className="grid grid-cols-2 gap-4">
			<SelectField
				label={words.language}
				value={language}
				onChange={chooseLanguage}
				options={languages.map(([value, label]) => ({ value, label }))}
			/>
			<SelectField
				label={words.theme}
				value={theme}
				onChange={chooseTheme}
				options={THEMES.map((value) => ({ value, label: words.themes[value] }))}
			/>
		</div>
	);
}
