// Writes what a comparison of routers came to, as the table of docs/routing.md.
import { LOSSES } from "./losses";
import { lossOfAll, type Tally, total } from "./run";

const HEAD = [
	"way of choosing",
	"spent, $",
	"time, s",
	"bad answers",
	"attempts",
	"turns moved",
	"prompt cached",
	"loss, alike",
	"regret",
	"loss, graded",
	"regret",
];

/** The oracles' losses, which regret is reckoned from. */
export interface Least {
	readonly alike: number;
	readonly graded: number;
}

/** What ways of choosing came to, as the table of docs/routing.md. Losses and regret in dollars. */
export function report(tallies: readonly Tally[], least: Least): string {
	const rows = tallies.map((tally) => {
		const { cost, ms, bad } = total(tally);
		const { name, calls, attempts, moved, cachedShare } = tally;
		return [
			name,
			(cost / 1e9).toFixed(2),
			(ms / calls / 1_000).toFixed(2),
			percent(bad / calls),
			String(attempts),
			String(moved),
			percent(cachedShare),
			...(["alike", "graded"] as const).flatMap((view) => {
				const loss = lossOfAll(LOSSES[view], tally);
				return [loss.toFixed(1), (loss - least[view]).toFixed(1)];
			}),
		];
	});
	const lines = [HEAD, HEAD.map((_, column) => (column === 0 ? "---" : "---:")), ...rows];
	return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function percent(share: number): string {
	return `${(share * 100).toFixed(1)} %`;
}
