// A file that a team keeps in a vendor's account.
import type { CredentialId, FileId, KeyId, ProviderName, TeamId } from "#core/ids";

/** The account that keeps something: nothing else can be asked about it. */
export interface VendorAccount {
	readonly provider: ProviderName;
	readonly credential: CredentialId;
}

/** A file of a team's. Times in milliseconds since the epoch. */
export interface StoredFile extends VendorAccount {
	/** The gateway's own, which alone callers see. */
	readonly id: FileId;
	readonly teamId: TeamId;
	readonly keyId: KeyId;
	/** By which the account knows it. */
	readonly vendorId: string;
	readonly filename: string;
	readonly purpose: string;
	readonly bytes: number;
	readonly createdAt: number;
	/** Null where it is kept until it is deleted. */
	readonly expiresAt: number | null;
}

const FILE_ID = /^file_[0-9a-f]{32}$/;

/** Whether an id is one of the gateway's own, behind which stands a file of one team's. */
export function isFileId(id: unknown): id is FileId {
	return typeof id === "string" && FILE_ID.test(id);
}
