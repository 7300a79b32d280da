// Light, dark, or as the system has it.
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import { recall, remember } from "~/app/preferences";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

interface Setting {
	readonly theme: Theme;
	readonly choose: (theme: Theme) => void;
	/** What is seen now. */
	readonly dark: boolean;
}

const ThemeContext = createContext<Setting>({ theme: "system", choose: () => {}, dark: false });
const DARK_SYSTEM = matchMedia("(prefers-color-scheme: dark)");

export function ThemeProvider({ children }: { readonly children: ReactNode }) {
	const [theme, choose] = useState<Theme>(() => THEMES.find((name) => name === recall("theme")) ?? "system");
	const [systemIsDark, setSystemIsDark] = useState(DARK_SYSTEM.matches);
	useEffect(() => {
		const follow = (event: MediaQueryListEvent) => setSystemIsDark(event.matches);
		DARK_SYSTEM.addEventListener("change", follow);
		return () => DARK_SYSTEM.removeEventListener("change", follow);
	}, []);
	const dark = theme === "dark" || (theme === "system" && systemIsDark);
	useEffect(() => {
		document.documentElement.dataset.mode = dark ? "dark" : "light";
		remember("theme", theme);
	}, [dark, theme]);
	const setting = useMemo(() => ({ theme, choose, dark }), [theme, dark]);
	return <ThemeContext value={setting}>{children}</ThemeContext>;
}

export function useTheme(): Setting {
	return use(ThemeContext);
}
