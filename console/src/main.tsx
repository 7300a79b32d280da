// Starts the console.
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "~/api/client";
import { sessionQuery } from "~/api/session";
import { reloadForNewRelease } from "~/app/new-release";
import { router } from "~/app/router";
import { ThemeProvider } from "~/app/theme";
import { LanguageProvider } from "~/i18n/language";
import "~/styles.css";

const MAX_ATTEMPTS = 2;
const SERVER_ERROR = 500;

reloadForNewRelease();

const queries: QueryClient = new QueryClient({
	queryCache: new QueryCache({
		// A session that ended meanwhile leads back to the door.
		onError: (error, query) => {
			if (error instanceof ApiError && error.signedOut && query.queryKey[0] !== "session") {
				void queries.resetQueries({ queryKey: sessionQuery.queryKey });
			}
		},
	}),
	defaultOptions: {
		queries: {
			staleTime: 5_000,
			retry: (failures, error) =>
				failures < MAX_ATTEMPTS && (!(error instanceof ApiError) || error.status >= SERVER_ERROR || error.status === 0),
		},
	},
});

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
	<StrictMode>
		<QueryClientProvider client={queries}>
			<LanguageProvider>
				<ThemeProvider>
					<RouterProvider router={router} />
				</ThemeProvider>
			</LanguageProvider>
		</QueryClientProvider>
	</StrictMode>,
);
