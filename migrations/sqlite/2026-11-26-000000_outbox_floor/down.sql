CREATE INDEX outbox_pending ON outbox (id) WHERE published_at IS NULL;
DROP TABLE outbox_floor;
