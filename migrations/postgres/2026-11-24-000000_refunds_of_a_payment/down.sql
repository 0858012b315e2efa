-- One refund per order: what is owed or was given back is added up under the first one.
UPDATE refunds r SET amount = owed.amount, state = owed.state, refusal = NULL,
    done_at = CASE owed.state WHEN 'DONE' THEN owed.done_at END,
    next_try_at = CASE owed.state WHEN 'PENDING' THEN r.owed_since END
FROM (SELECT order_id, SUM(amount)::bigint AS amount, MAX(done_at) AS done_at,
        CASE WHEN bool_and(state = 'DONE') THEN 'DONE' ELSE 'PENDING' END AS state
    FROM refunds GROUP BY order_id) owed
WHERE r.order_id = owed.order_id AND r.number = 1;
DELETE FROM refunds WHERE number > 1;
ALTER TABLE refunds
    DROP CONSTRAINT refunds_pkey,
    DROP CONSTRAINT refunds_reason_check,
    DROP CONSTRAINT refunds_state_check,
    DROP COLUMN number,
    DROP COLUMN note,
    DROP COLUMN refusal,
    DROP COLUMN tries,
    DROP COLUMN next_try_at,
    DROP COLUMN done_at,
    DROP COLUMN claimed_until;
UPDATE refunds SET reason = 'ORDER_CANCELLED' WHERE reason = 'OPERATOR';
UPDATE refunds SET reason = 'LATE_SUCCESS' WHERE reason = 'AMOUNT_MISMATCH';
ALTER TABLE refunds
    ADD PRIMARY KEY (order_id),
    ADD CONSTRAINT refunds_reason_check CHECK (reason IN ('ORDER_CANCELLED', 'LATE_SUCCESS')),
    ADD CONSTRAINT refunds_state_check CHECK (state IN ('PENDING', 'DONE'));

UPDATE payments SET outcome = 'PENDING', decided_at = NULL WHERE outcome = 'MISMATCH';
ALTER TABLE payments
    DROP CONSTRAINT payments_outcome_check,
    ADD CONSTRAINT payments_outcome_check CHECK (outcome IN ('PENDING', 'CAPTURED', 'FAILED')),
    DROP COLUMN reported_amount,
    DROP COLUMN reported_currency,
    DROP COLUMN tries,
    DROP COLUMN next_try_at,
    DROP COLUMN claimed_until;
