// Tabs, of which one is shown.
import { Tabs as KumoTabs } from "@cloudflare/kumo/components/tabs";

export function Tabs<Value extends string>({
	tabs,
	value,
	onChange,
}: {
	readonly tabs: readonly { readonly value: Value; readonly label: string }[];
	readonly value: Value;
	readonly onChange: (value: Value) => void;
}) {
	return (
		<KumoTabs
			variant="underline"
			size="sm"
			tabs={[...tabs]}
			value={value}
			onValueChange={(next) => {
				const chosen = tabs.find((tab) => tab.value === next);
				if (chosen !== undefined) onChange(chosen.value);
			}}
		/>
	);
}
