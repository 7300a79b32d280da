-- What failed is looked for all the time, and is rare where all is well: without this, each look would read every
-- request of the days that it is about. Requests that did not fail have no row here.
CREATE INDEX request_log_failed ON request_log (id, status, error_code) WHERE status >= 400 OR error_code IS NOT NULL;
