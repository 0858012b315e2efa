/// One test per case of the store's ports; `$world` names an `async fn() -> World` in the same module, an empty world each
/// time. The calling crate needs tokio with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! store_contract {
    ($world:ident) => {
        $crate::contract_tests!($world, store::commit: [
            writes_everything_of_a_unit,
            writes_nothing_of_a_refused_unit,
            refuses_to_create_what_exists,
            refuses_a_change_of_another_version,
            accepts_a_change_of_nothing,
            refuses_a_change_of_what_does_not_exist,
            refuses_a_quote_of_another_version,
            lets_one_of_many_concurrent_changes_win,
            finishes_when_the_caller_stops_waiting,
        ]);
        $crate::contract_tests!($world, store::accounts: [
            have_a_limit_until_somebody_pays_or_cancels,
            have_a_limit_per_product,
            cannot_be_passed_by_concurrent_orders,
            are_forgotten_when_they_are_paid_and_old,
        ]);
        $crate::contract_tests!($world, store::receipts: [
            handle_an_event_once_per_consumer,
            answer_a_repeated_request_with_the_stored_answer,
            tell_scopes_of_a_key_apart,
            come_before_versions_and_stock,
            are_not_left_by_refused_units,
            let_one_of_many_concurrent_repeats_win,
        ]);
        $crate::contract_tests!($world, store::stock: [
            answers_with_the_levels_after_the_unit,
            refuses_with_the_present_levels,
            moves_all_lines_or_none,
            is_resolved_once,
            refuses_to_return_what_was_not_sold,
            keeps_held_units_from_adjustments,
            of_unlimited_products_never_moves,
            of_unknown_products_is_refused,
            opens_a_product_without_units,
            is_never_oversold_by_concurrent_orders,
            survives_baskets_in_opposite_orders,
            is_kept_by_concurrent_rivals_for_one_hold,
            is_held_longer_by_an_extension,
            is_not_held_again_by_an_extension,
        ]);
        $crate::contract_tests!($world, store::money: [
            keeps_what_became_of_an_attempt,
            keeps_another_amount_in_another_currency,
            keeps_what_goes_back,
            goes_back_once_under_concurrency,
            is_asked_for_when_it_is_due,
            goes_back_when_it_is_due,
        ]);
        $crate::contract_tests!($world, store::outbox: [
            holds_every_event_of_a_unit_in_order,
            agrees_with_the_history,
            keeps_what_a_message_carries,
            offers_the_first_rows_up_to_the_limit,
            offers_each_bucket_on_its_own,
            leases_all_buckets_to_the_only_relay,
            forgets_what_was_published,
            remembers_the_newest_published_rows,
            tells_its_backlog,
            never_skips_a_row_under_concurrent_commits,
            wakes_a_waiting_relay,
            wakes_a_relay_that_was_about_to_wait,
            purges_what_is_old_and_nothing_else,
        ]);
        $crate::contract_tests!($world, store::reads: [
            list_orders_newest_first,
            page_orders_stably_under_inserts,
            filter_orders_by_status,
            filter_orders_by_product,
            filter_orders_by_time,
            combine_filters_and_pages,
            show_the_whole_order,
            tell_the_history_of_an_order,
            list_products_by_id,
            tell_whose_stock_moved,
            count_the_epochs_of_the_stock,
        ]);
        $crate::contract_tests!($world, store::dead_letters: [
            are_kept_as_they_were_received,
            are_kept_once_per_group_and_place,
            are_listed_by_what_was_asked_for,
            change_their_state_only_forwards,
        ]);
        $crate::contract_tests!($world, store::due: [
            finds_a_hold_at_its_last_microsecond,
            finds_an_order_with_several_holds_once,
            finds_a_shipment_after_its_delay,
            finds_an_arrival_after_its_delay,
            finds_an_arrival_right_after_its_shipment,
            finds_paid_orders_that_nobody_prepared,
            answers_oldest_first_up_to_the_limit,
            counts_deliveries_by_stage,
        ]);
        $crate::contract_tests!($world, store::numbers: [
            start_at_one,
            are_unique_under_concurrency,
        ]);
    };
}

/// One test per case of the fast counters; `$counters` names an `async fn() -> Arc<dyn StockAdmission>`.
#[macro_export]
macro_rules! admission_contract {
    ($counters:ident) => {
        $crate::contract_tests!($counters, admission: [
            knows_nothing_at_first,
            shows_what_was_projected,
            holds_what_it_admits,
            admits_up_to_the_last_unit,
            holds_all_lines_or_none,
            holds_nothing_when_a_line_is_unknown,
            refuses_a_short_line_beside_an_unknown_one,
            ignores_older_projections,
            repairs_leaked_holds_by_an_equal_version,
            names_what_was_overtaken,
            tells_what_it_was_last_set_to,
            starts_its_versions_anew_in_a_new_epoch,
            never_admits_more_than_there_is,
        ]);
    };
}

/// One test per case of the broker; `$broker` names an `async fn() -> Arc<dyn EventBroker>`.
#[macro_export]
macro_rules! broker_contract {
    ($broker:ident) => {
        $crate::contract_tests!($broker, broker: [
            delivers_what_was_published,
            keeps_one_key_in_one_partition_in_order,
            keeps_the_order_of_a_key_when_rows_are_published_again,
            takes_a_row_that_committed_late,
            returns_at_most_what_was_asked_for,
            keeps_topics_apart,
            waits_for_a_record,
            loses_nothing_when_a_poll_is_dropped,
            shares_partitions_in_a_group,
            delivers_to_every_group,
            delivers_again_what_was_not_committed,
            remembers_what_was_committed,
            remembers_every_partition_on_its_own,
            gives_the_partitions_of_a_leaver_to_those_who_stay,
            tails_from_the_beginning,
            tails_from_now,
            tails_behind_a_position,
            tails_behind_the_start_of_a_tail,
            tails_from_the_beginning_for_an_unknown_position,
            buries_without_disturbing_the_topic,
            republishes_what_consumers_can_tell_is_old,
        ]);
    };
}

/// One `#[tokio::test]` per case, in modules named like the suite.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    ($world:ident, $outer:ident::$inner:ident: [$($case:ident),+ $(,)?]) => {
        mod $inner {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::$outer::$inner::$case(super::$world().await).await;
                }
            )+
        }
    };
    ($world:ident, $suite:ident: [$($case:ident),+ $(,)?]) => {
        mod $suite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::$suite::$case(super::$world().await).await;
                }
            )+
        }
    };
}
