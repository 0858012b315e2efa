ALTER TABLE outbox DROP COLUMN bucket;
ALTER TABLE products DROP COLUMN moved_at;
DROP TABLE stock_epoch;
DROP TABLE dead_letters;
