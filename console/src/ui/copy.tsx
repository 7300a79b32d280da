// Text that is copied by one click, and says that it was.
import { CheckIcon } from "@phosphor-icons/react/Check";
import { CopyIcon } from "@phosphor-icons/react/Copy";
import { useEffect, useState } from "react";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { IconButton } from "~/ui/button";
import { Sideways } from "~/ui/sideways";

const SHOWN_MS = 2000;

export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
	const words = useWords(common);
	const [copied, setCopied] = useState(false);
	useEffect(() => {
		if (!copied) return;
		const timer = setTimeout(() => setCopied(false), SHOWN_MS);
		return () => clearTimeout(timer);
	}, [copied]);
	return (
		<>
			<IconButton
				label={label ?? words.copy}
				icon={copied ? <CheckIcon size={16} /> : <CopyIcon size={16} />}
				onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
			/>
			<span role="status" className="sr-only">
				{copied ? words.copied : ""}
			</span>
		</>
	);
}

/** A snippet in its own box, with the button that copies it. */
export function Snippet({ text, label }: { readonly text: string; readonly label?: string }) {
	return (
		<div className="flex items-start gap-2 rounded-lg border border-kumo-line bg-kumo-recessed p-2">
			<Sideways className="min-w-0 flex-1">
				<pre className="m-0 w-max whitespace-pre p-1 font-mono text-[12px] leading-5">{text}</pre>
			</Sideways>
			<CopyButton text={text} {...(label === undefined ? {} : { label })} />
		</div>
	);
}
