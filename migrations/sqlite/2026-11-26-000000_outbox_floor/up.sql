-- What waits in the outbox begins at one place, since one writer gives the positions and one relay takes them in their order.
-- An index on what waits cost every order four writes: two messages came into it, and left it again.

-- Everything up to here is published; what is behind may be.
CREATE TABLE outbox_floor (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL
);
INSERT INTO outbox_floor SELECT 1, COALESCE(
    (SELECT MIN(id) FROM outbox WHERE published_at IS NULL) - 1, (SELECT MAX(id) FROM outbox), 0);
DROP INDEX outbox_pending;
