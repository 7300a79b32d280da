-- What vendors' caches saved of the cost, in nano-dollars; negative where writing to them cost more.
ALTER TABLE usage_hourly ADD COLUMN cache_discount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_daily ADD COLUMN cache_discount INTEGER NOT NULL DEFAULT 0;
