-- How much is kept of what the requests of a team's keys say, where a key has no word of its own.
ALTER TABLE teams ADD COLUMN payloads TEXT; -- JSON: PayloadPolicy of src/core/payload-policy.ts; null keeps nothing
