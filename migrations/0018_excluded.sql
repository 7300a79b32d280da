-- Who could not serve a request, and why.
ALTER TABLE request_log ADD COLUMN excluded TEXT; -- JSON array of {target, reason}
