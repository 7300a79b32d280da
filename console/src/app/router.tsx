// Which address shows which screen. Each screen is a chunk of its own, and its filters stand in the address.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Door } from "~/app/door";
import { PageMissing } from "~/app/page-missing";

const root = createRootRoute({ component: Door, notFoundComponent: PageMissing });
/** A screen checks what the address says itself, field by field; unknown fields are let be. */
const validateSearch = (search: Record<string, unknown>): Record<string, string> =>
	Object.fromEntries(Object.entries(search).map(([name, value]) => [name, String(value)]));

const overview = createRoute({
	getParentRoute: () => root,
	path: "/",
	validateSearch,
	component: lazyRouteComponent(() => import("~/screens/overview/overview"), "Overview"),
});

export const router = createRouter({
	routeTree: root.addChildren([overview]),
	basepath: "/console",
	scrollRestoration: true,
	defaultPreload: "intent",
	// Values in the address stay the plain texts that people can read and change.
	parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
	stringifySearch: (search) => {
		const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== "");
		return given.length === 0 ? "" : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
	},
});

declare module "@tanstack/react-router" {
	interface Register {
		router: typeof router;
	}
}
