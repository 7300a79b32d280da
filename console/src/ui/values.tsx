// Amounts, counts and instants in the language of the person.
import { useEffect, useState } from "react";
import { money } from "~/format/money";
import { count } from "~/format/numbers";
import { exactTime, relativeTime, rowTime } from "~/format/time";
import { useLanguage } from "~/i18n/language";

const TICK_MS = 10_000;

export function Money({ usd }: { readonly usd: string | number }) {
	return <span className="figures">{money(usd, useLanguage().language)}</span>;
}

export function Count({ value }: { readonly value: number }) {
	return <span className="figures">{count(value, useLanguage().language)}</span>;
}

/** How long ago, with the exact instant for the pointer and the screen reader. */
export function Ago({ at }: { readonly at: string }) {
	const { language } = useLanguage();
	const [now, setNow] = useState(() => Date.now());
	useEffect(() => {
		const timer = setInterval(() => setNow(Date.now()), TICK_MS);
		return () => clearInterval(timer);
	}, []);
	return (
		<time dateTime={at} title={exactTime(at, language)} className="whitespace-nowrap">
			{relativeTime(at, now, language)}
		</time>
	);
}

export function Exactly({ at }: { readonly at: string }) {
	return (
		<time dateTime={at} className="figures whitespace-nowrap">
			{exactTime(at, useLanguage().language)}
		</time>
	);
}

/** For rows of a log: the time alone where the day is today. */
export function RowTime({ at }: { readonly at: string }) {
	const { language } = useLanguage();
	return (
		<time dateTime={at} title={exactTime(at, language)} className="figures whitespace-nowrap">
			{rowTime(at, Date.now(), language)}
		</time>
	);
}
