// Which language the console speaks, and the words of a screen in it.
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import { recall, remember } from "~/app/preferences";

export const LANGUAGES = { en: "English", "zh-CN": "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;

/** What a screen says, once in each language. A sentence is whole in both: none is put together from pieces. */
export interface Words<Text> {
	readonly en: Text;
	readonly "zh-CN": Text;
}

/** Texts as they are typed, but for their values: the other language has others. */
type Widened<Text> = {
	readonly [Name in keyof Text]: Text[Name] extends string
		? string
		: Text[Name] extends (...given: infer Given) => string
			? (...given: Given) => string
			: Widened<Text[Name]>;
};

/** Both languages of a screen; the compiler holds the Chinese to what the English has. */
export function defineWords<const Text extends object>(en: Text, zh: Widened<Text>): Words<Widened<Text>> {
	return { en: en as Widened<Text>, "zh-CN": zh };
}

interface Setting {
	readonly language: Language;
	readonly choose: (language: Language) => void;
}

const LanguageContext = createContext<Setting>({ language: "en", choose: () => {} });

export function LanguageProvider({ children }: { readonly children: ReactNode }) {
	const [language, choose] = useState<Language>(() => initialLanguage());
	useEffect(() => {
		document.documentElement.lang = language;
		remember("language", language);
	}, [language]);
	const setting = useMemo(() => ({ language, choose }), [language]);
	return <LanguageContext value={setting}>{children}</LanguageContext>;
}

export function useLanguage(): Setting {
	return use(LanguageContext);
}

export function useWords<Text>(words: Words<Text>): Text {
	return words[useLanguage().language];
}

/** What was chosen before, else the browser's. */
function initialLanguage(): Language {
	const chosen = recall("language");
	if (chosen === "en" || chosen === "zh-CN") return chosen;
	return navigator.languages.some((name) => name.toLowerCase().startsWith("zh")) ? "zh-CN" : "en";
}
