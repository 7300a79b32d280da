// What is too wide for its place scrolls to the side, and then can be reached by keyboard.
import { type ReactNode, useEffect, useRef } from "react";

export function Sideways({ className, children }: { readonly className: string; readonly children: ReactNode }) {
	const place = useRef<HTMLDivElement>(null);
	useEffect(() => {
		const element = place.current;
		if (element === null) return;
		const sized = new ResizeObserver(() => {
			if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
			else element.removeAttribute("tabindex");
		});
		sized.observe(element);
		for (const child of element.children) sized.observe(child);
		return () => sized.disconnect();
	}, []);
	return (
		<div ref={place} className={`overflow-x-auto ${className}`}>
			{children}
		</div>
	);
}
