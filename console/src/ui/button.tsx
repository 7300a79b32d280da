// Buttons. An icon alone has its name read out.
import { Button as KumoButton } from "@cloudflare/kumo/components/button";
import type { ComponentProps, ReactNode } from "react";

const KINDS = { primary: "primary", secondary: "secondary", danger: "destructive", quiet: "ghost" } as const;

interface ButtonProps
	extends Pick<ComponentProps<"button">, "onClick" | "disabled" | "aria-expanded" | "aria-pressed" | "id"> {
	readonly kind?: keyof typeof KINDS;
	readonly type?: "button" | "submit";
	readonly icon?: ReactNode;
	/** What it started is not done yet. */
	readonly busy?: boolean;
	readonly children: ReactNode;
}

export function Button({ kind = "secondary", type = "button", busy = false, children, ...rest }: ButtonProps) {
	return (
		<KumoButton variant={KINDS[kind]} type={type} size="sm" loading={busy} {...rest}>
			{children}
		</KumoButton>
	);
}

interface IconButtonProps extends Omit<ButtonProps, "children" | "icon"> {
	readonly icon: ReactNode;
	readonly label: string;
}

export function IconButton({ kind = "quiet", type = "button", busy = false, label, icon, ...rest }: IconButtonProps) {
	return (
		// The browser's own tip: one of ours would open with the focus, and take the Escape that is meant for the dialog.
		<span title={label} className="inline-flex">
			<KumoButton
				variant={KINDS[kind]}
				type={type}
				size="sm"
				shape="square"
				loading={busy}
				aria-label={label}
				{...rest}
			>
				{icon}
			</KumoButton>
		</span>
	);
}
