//! The tables as diesel sees them, once for both databases; `migrations/` is the truth.

/// Types that each database stores in its own way: operators of PostgreSQL see native ones.
pub(crate) mod types {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::SqlType;

    /// `uuid` on PostgreSQL, 16 bytes on SQLite.
    #[derive(SqlType, QueryId)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
    pub struct DbUuid;

    /// `timestamptz` on PostgreSQL, microseconds since the epoch on SQLite.
    #[derive(SqlType, QueryId)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
    pub struct DbTs;
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::DbTs;

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
        moved_at -> DbTs,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::DbTs;

    orders (id) {
        id -> BigInt,
        status -> Text,
        version -> BigInt,
        total -> BigInt,
        currency -> Text,
        line_count -> BigInt,
        placed_at -> DbTs,
        updated_at -> DbTs,
        /// On PostgreSQL only.
        claimed_until -> Nullable<DbTs>,
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
    use diesel::sql_types::*;
    use crate::schema::types::DbTs;

    reservations (order_id, product_id) {
        order_id -> BigInt,
        product_id -> BigInt,
        quantity -> BigInt,
        state -> Text,
        expires_at -> DbTs,
        /// On PostgreSQL only.
        claimed_until -> Nullable<DbTs>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::{DbTs, DbUuid};

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
        at -> DbTs,
        event_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::{DbTs, DbUuid};

    order_history (order_id, version) {
        order_id -> BigInt,
        version -> BigInt,
        from_status -> Nullable<Text>,
        to_status -> Text,
        cause -> Text,
        at -> DbTs,
        event_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::{DbTs, DbUuid};

    payments (transaction_id) {
        transaction_id -> DbUuid,
        order_id -> BigInt,
        attempt -> BigInt,
        amount -> BigInt,
        currency -> Text,
        outcome -> Text,
        requested_at -> DbTs,
        decided_at -> Nullable<DbTs>,
        version -> BigInt,
        reported_amount -> Nullable<BigInt>,
        reported_currency -> Nullable<Text>,
        tries -> BigInt,
        next_try_at -> Nullable<DbTs>,
        /// On PostgreSQL only.
        claimed_until -> Nullable<DbTs>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::{DbTs, DbUuid};

    refunds (order_id, number) {
        order_id -> BigInt,
        number -> BigInt,
        transaction_id -> DbUuid,
        amount -> BigInt,
        currency -> Text,
        reason -> Text,
        note -> Nullable<Text>,
        state -> Text,
        refusal -> Nullable<Text>,
        tries -> BigInt,
        next_try_at -> Nullable<DbTs>,
        owed_since -> DbTs,
        done_at -> Nullable<DbTs>,
        /// On PostgreSQL only.
        claimed_until -> Nullable<DbTs>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::DbTs;

    deliveries (id) {
        id -> BigInt,
        order_id -> BigInt,
        courier -> Text,
        status -> Text,
        started_at -> DbTs,
        tracking_number -> Nullable<Text>,
        shipped_at -> Nullable<DbTs>,
        estimated_arrival -> Nullable<DbTs>,
        completed_at -> Nullable<DbTs>,
        cancelled_at -> Nullable<DbTs>,
        version -> BigInt,
        /// On PostgreSQL only.
        claimed_until -> Nullable<DbTs>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::{DbTs, DbUuid};

    outbox (id) {
        id -> BigInt,
        event_id -> DbUuid,
        topic -> Text,
        key -> BigInt,
        sequence -> BigInt,
        kind -> Text,
        payload -> Text,
        at -> DbTs,
        trace -> Nullable<Text>,
        published_at -> Nullable<DbTs>,
        bucket -> SmallInt,
    }
}

diesel::table! {
    /// Where the waiting part of the outbox begins; on SQLite only.
    outbox_floor (id) {
        id -> BigInt,
        position -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::{DbTs, DbUuid};

    inbox (consumer, event_id) {
        consumer -> Text,
        event_id -> DbUuid,
        at -> DbTs,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::DbTs;

    idempotency_keys (principal, route, key) {
        principal -> Text,
        route -> Text,
        key -> Text,
        fingerprint -> Binary,
        answer -> Binary,
        at -> DbTs,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::DbTs;

    /// Records that a consumer could not handle.
    dead_letters (id) {
        id -> BigInt,
        consumer_group -> Text,
        topic -> Text,
        partition -> Integer,
        offset -> BigInt,
        key -> Nullable<Text>,
        /// A JSON array of pairs.
        headers -> Text,
        value -> Binary,
        error -> Text,
        state -> Text,
        buried_at -> DbTs,
        changed_at -> DbTs,
    }
}

diesel::table! {
    /// The generation of the stock counters: one row.
    stock_epoch (id) {
        id -> SmallInt,
        epoch -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::{DbTs, DbUuid};

    /// Who relays which part of the outbox; on PostgreSQL only.
    relay_leases (bucket) {
        bucket -> SmallInt,
        owner -> Nullable<DbUuid>,
        lease_until -> Nullable<DbTs>,
        fence -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::schema::types::{DbTs, DbUuid};

    /// Who wants to relay; on PostgreSQL only.
    relays (id) {
        id -> DbUuid,
        last_seen -> DbTs,
    }
}

diesel::table! {
    /// Diesel's own record of what was applied.
    __diesel_schema_migrations (version) {
        version -> Text,
        run_on -> Timestamp,
    }
}

diesel::table! {
    unpaid_orders (client, order_id, product_id) {
        client -> Text,
        order_id -> BigInt,
        product_id -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(orders, order_lines);
diesel::allow_tables_to_appear_in_same_query!(payments, refunds);
diesel::joinable!(order_lines -> orders (order_id));
