// Which address shows which screen. Each screen is a chunk of its own, and its filters stand in the address.
import {
	createRootRoute,
	createRoute,
	createRouter,
	lazyRouteComponent,
	type RouteComponent,
} from "@tanstack/react-router";
import { Door } from "~/app/door";
import type { Filters } from "~/app/filters";
import { PageMissing } from "~/app/page-missing";
import { ScreenFailed } from "~/app/screen-failed";

const root = createRootRoute({ component: Door, notFoundComponent: PageMissing });
/** A screen checks what the address says itself, field by field; unknown fields are let be. */
const validateSearch = (search: Record<string, unknown>): Filters =>
	Object.fromEntries(Object.entries(search).map(([name, value]) => [name, String(value)]));

const screen = <const Path extends string>(path: Path, component: RouteComponent) =>
	createRoute({ getParentRoute: () => root, path, validateSearch, component });

const routes = [
	screen(
		"/",
		lazyRouteComponent(() => import("~/screens/overview/overview"), "Overview"),
	),
	screen(
		"/my-keys",
		lazyRouteComponent(() => import("~/screens/my-keys/my-keys"), "MyKeys"),
	),
	screen(
		"/requests",
		lazyRouteComponent(() => import("~/screens/requests/requests"), "Requests"),
	),
	screen(
		"/usage",
		lazyRouteComponent(() => import("~/screens/usage/usage"), "UsageScreen"),
	),
	screen(
		"/keys",
		lazyRouteComponent(() => import("~/screens/keys/keys"), "Keys"),
	),
	screen(
		"/teams",
		lazyRouteComponent(() => import("~/screens/teams/teams"), "Teams"),
	),
	screen(
		"/people",
		lazyRouteComponent(() => import("~/screens/people/people"), "People"),
	),
	screen(
		"/models",
		lazyRouteComponent(() => import("~/screens/models/models"), "Models"),
	),
	screen(
		"/providers",
		lazyRouteComponent(() => import("~/screens/providers/providers"), "Providers"),
	),
	screen(
		"/audit",
		lazyRouteComponent(() => import("~/screens/audit/audit"), "Audit"),
	),
	screen(
		"/settings",
		lazyRouteComponent(() => import("~/screens/settings/settings"), "Settings"),
	),
] as const;

export const router = createRouter({
	routeTree: root.addChildren(routes),
	basepath: "/console",
	scrollRestoration: true,
	defaultErrorComponent: ScreenFailed,
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
