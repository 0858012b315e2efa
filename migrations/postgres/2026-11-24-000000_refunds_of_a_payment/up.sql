-- Refunds belong to their payment: several of them, numbered, each asked for until the gateway confirms it. What a gateway
-- or a callback reports is kept as it was said, and what is in doubt says when the gateway is asked next.

ALTER TABLE payments
    DROP CONSTRAINT payments_outcome_check,
    ADD CONSTRAINT payments_outcome_check CHECK (outcome IN ('PENDING', 'MISMATCH', 'CAPTURED', 'FAILED')),
    ADD COLUMN reported_amount   bigint CHECK (reported_amount >= 0),
    ADD COLUMN reported_currency text CHECK (length(reported_currency) = 3),
    ADD COLUMN tries             bigint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    ADD COLUMN next_try_at       timestamptz,
    ADD COLUMN claimed_until     timestamptz;
UPDATE payments SET reported_amount = amount, reported_currency = currency WHERE outcome = 'CAPTURED';
UPDATE payments SET next_try_at = requested_at WHERE outcome = 'PENDING';
-- Holds nothing but what is in doubt.
CREATE INDEX payments_to_ask ON payments (next_try_at, transaction_id) WHERE next_try_at IS NOT NULL;

-- A program of the version before may still write: what it does not know has a default that is right for its rows.
ALTER TABLE refunds
    DROP CONSTRAINT refunds_pkey,
    DROP CONSTRAINT refunds_reason_check,
    DROP CONSTRAINT refunds_state_check,
    ADD COLUMN number        bigint NOT NULL DEFAULT 1 CHECK (number >= 1),
    ADD COLUMN note          text,
    ADD COLUMN refusal       text,
    ADD COLUMN tries         bigint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    ADD COLUMN next_try_at   timestamptz DEFAULT now(),
    ADD COLUMN done_at       timestamptz,
    ADD COLUMN claimed_until timestamptz;
UPDATE refunds SET next_try_at = owed_since WHERE state = 'PENDING';
UPDATE refunds SET next_try_at = NULL, done_at = owed_since WHERE state = 'DONE';
ALTER TABLE refunds
    ADD PRIMARY KEY (order_id, number),
    ADD CONSTRAINT refunds_reason_check CHECK (reason IN (
        'ORDER_CANCELLED', 'LATE_SUCCESS', 'AMOUNT_MISMATCH', 'OPERATOR')),
    ADD CONSTRAINT refunds_state_check CHECK (state IN ('PENDING', 'REFUSED', 'DONE')),
    ADD CONSTRAINT refunds_note_check CHECK ((reason = 'OPERATOR') = (note IS NOT NULL)),
    ADD CONSTRAINT refunds_refusal_check CHECK ((state = 'REFUSED') = (refusal IS NOT NULL)),
    ADD CONSTRAINT refunds_done_check CHECK (
        (state = 'DONE') = (done_at IS NOT NULL) AND (state = 'DONE') = (next_try_at IS NULL));
CREATE INDEX refunds_to_ask ON refunds (next_try_at, order_id, number) WHERE next_try_at IS NOT NULL;
