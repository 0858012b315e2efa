//! The tables as diesel sees them; `migrations/sqlite` is the truth.

diesel::table! {
    products (id) {
        id -> BigInt,
        name -> Text,
        price -> BigInt,
        currency -> Text,
        managed -> Bool,
        version -> BigInt,
        total_stock -> BigInt,
        reserved_stock -> BigInt,
        stock_version -> BigInt,
    }
}

diesel::table! {
    orders (id) {
        id -> BigInt,
        status -> Text,
        version -> BigInt,
        total -> BigInt,
        currency -> Text,
        line_count -> BigInt,
        placed_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    order_lines (order_id, position) {
        order_id -> BigInt,
        position -> BigInt,
        product_id -> BigInt,
        name -> Text,
        unit_price -> BigInt,
        currency -> Text,
        quantity -> BigInt,
    }
}

diesel::table! {
    reservations (order_id, product_id) {
        order_id -> BigInt,
        product_id -> BigInt,
        quantity -> BigInt,
        state -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    stock_ledger (product_id, version) {
        product_id -> BigInt,
        version -> BigInt,
        kind -> Text,
        order_id -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        delta_total -> BigInt,
        delta_reserved -> BigInt,
        total_after -> BigInt,
        reserved_after -> BigInt,
        at -> BigInt,
        event_id -> Binary,
    }
}

diesel::table! {
    order_history (order_id, version) {
        order_id -> BigInt,
        version -> BigInt,
        from_status -> Nullable<Text>,
        to_status -> Text,
        cause -> Text,
        at -> BigInt,
        event_id -> Binary,
    }
}

diesel::table! {
    payments (transaction_id) {
        transaction_id -> Binary,
        order_id -> BigInt,
        attempt -> BigInt,
        amount -> BigInt,
        currency -> Text,
        outcome -> Text,
        requested_at -> BigInt,
        decided_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    refunds (order_id) {
        order_id -> BigInt,
        transaction_id -> Binary,
        amount -> BigInt,
        currency -> Text,
        reason -> Text,
        state -> Text,
        owed_since -> BigInt,
    }
}

diesel::table! {
    deliveries (id) {
        id -> BigInt,
        order_id -> BigInt,
        courier -> Text,
        status -> Text,
        started_at -> BigInt,
        tracking_number -> Nullable<Text>,
        shipped_at -> Nullable<BigInt>,
        estimated_arrival -> Nullable<BigInt>,
        completed_at -> Nullable<BigInt>,
        cancelled_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        event_id -> Binary,
        topic -> Text,
        key -> BigInt,
        sequence -> BigInt,
        kind -> Text,
        payload -> Text,
        at -> BigInt,
        trace -> Nullable<Text>,
        published_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    inbox (consumer, event_id) {
        consumer -> Text,
        event_id -> Binary,
        at -> BigInt,
    }
}

diesel::table! {
    idempotency_keys (principal, route, key) {
        principal -> Text,
        route -> Text,
        key -> Text,
        fingerprint -> Binary,
        answer -> Binary,
        at -> BigInt,
    }
}

diesel::table! {
    /// Diesel's own record of what was applied.
    __diesel_schema_migrations (version) {
        version -> Text,
        run_on -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(orders, order_lines);
diesel::joinable!(order_lines -> orders (order_id));
