// Decodes the address of a provider that an admin adds.
import { invalidRequest } from "#core/errors";

/** Hosts that only mean something inside one network. */
const INTERNAL_SUFFIXES = [
	"localhost",
	"local",
	"localdomain",
	"internal",
	"intranet",
	"private",
	"corp",
	"home",
	"lan",
	"home.arpa",
];

/**
 * Checks the URL of an upstream or a receiver that an admin adds, as its `field`. In production it must be https to a
 * public name; the local environment may also reach this machine and its network. Returns it as it is stored, without a
 * trailing slash. Throws `GatewayError` 400.
 */
export function upstreamUrl(text: string, local: boolean, field = "base_url"): string {
	const refused = (problem: string) => invalidRequest(`\`${field}\` ${problem}`, field);
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw refused("must be an absolute URL, such as https://api.example.com/v1");
	}
	if (url.protocol !== "https:" && !(local && url.protocol === "http:")) throw refused("must be an https URL");
	if (url.username !== "" || url.password !== "") {
		throw refused("must not carry a user name or password; send a credential in its own field");
	}
	if (url.search !== "" || url.hash !== "") throw refused("must not carry a query or a fragment");
	if (!local && !isPublicName(url.hostname))
		throw refused("must name a public host, not an address or an internal name");
	return url.href.replace(/\/+$/, "");
}

/** `URL` has brought the many spellings of an IPv4 address into the dotted one, and puts IPv6 in brackets. */
function isPublicName(hostname: string): boolean {
	const host = hostname.replace(/\.+$/, "");
	if (host.startsWith("[") || /^[\d.]+$/.test(host) || !host.includes(".")) return false;
	return !INTERNAL_SUFFIXES.some((suffix) => host.endsWith(`.${suffix}`));
}
