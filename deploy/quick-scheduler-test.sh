#!/usr/bin/env bash
# Does the delivery scheduler do its work? Runs an order from CREATED to DELIVERED with shortened delays
# (ordersystem.scheduler.delivery.ship-delay-seconds and delivery-delay-seconds), checks every step and the log.
# Embedded, unless the environment names engines: eval "$(deploy/stack.sh env)".
# Delays: SHIP_DELAY and DELIVERY_DELAY, in seconds, 2 each by default. Ends with 0 when every step passed.
set -euo pipefail
# shellcheck source=local-server.sh
source "$(dirname "$0")/local-server.sh"

ship_delay=${SHIP_DELAY:-2}
delivery_delay=${DELIVERY_DELAY:-2}
patience=20
topic=${ORDERSYSTEM_KAFKA_TOPICS_ORDER_EVENTS:-order-events}
step=0

passed() {
    step=$((step + 1))
    printf '[%2d] ok  %s\n' "$step" "$*"
}

# expect WHAT ACTUAL WANTED
expect() {
    [[ $2 == "$3" ]] || fail "$1 is '$2', not '$3'"
    passed "$1 is $3"
}

# logged WHAT PATTERN…: the lines that one grep after another lets through; at least one.
logged() {
    local what=$1 lines
    shift
    lines=$(<"$log")
    for pattern in "$@"; do
        lines=$(grep -E "$pattern" <<<"$lines") || fail "the log has no line for $what"
    done
    passed "the log has $what"
    printf '         %s\n' "${lines//$'\n'/$'\n'         }"
}

start_server --ship-delay-seconds "$ship_delay" --delivery-delay-seconds "$delivery_delay"
passed "a server listens on $url (ship after ${ship_delay} s, deliver after ${delivery_delay} s)"

inventory() { call GET /api/inventory/1/status | field "$1"; }
stock=$(inventory databaseStock)
held=$(inventory reservedStock)
follow "$topic"

order=$(call POST /api/orders '{"productId":1,"quantity":2}' | field orderId)
expect "order $order" "$(order_status "$order")" CREATED

call POST "/api/orders/$order/payment" >/dev/null
expect "order $order" "$(order_status "$order")" PAYMENT_REQUESTED

call POST "/api/orders/$order/payment/complete?success=true" >/dev/null
has_left_payment() { [[ $(order_status "$order") != PAYMENT_* ]]; }
wait_for "$patience" "the delivery is prepared" has_left_payment
passed "the delivery of order $order is prepared"

wait_for $((ship_delay + patience)) "order $order is shipped" has_reached "$order" SHIPPED
tracking=$(call GET "/api/delivery/$order/tracking" | field trackingNumber)
[[ $tracking =~ ^TRACK-$order-[0-9]+$ ]] || fail "'$tracking' is no tracking number"
passed "the scheduler shipped order $order as $tracking"

wait_for $((delivery_delay + patience)) "order $order is delivered" has_reached "$order" DELIVERED
delivery=$(call GET "/api/delivery/$order")
expect "the delivery" "$(field status <<<"$delivery")" DELIVERED
expect "the tracking number" "$(field trackingNumber <<<"$delivery")" "$tracking"

expect "the database stock" "$(inventory databaseStock)" $((stock - 2))
expect "the held stock" "$(inventory reservedStock)" "$held"

life="CREATED PAYMENT_REQUESTED PAYMENT_COMPLETED SHIPMENT_PREPARING SHIPPED DELIVERED"
published() { grep "\"orderId\":$order," "$folder/$topic" | field status | paste -sd ' '; }
is_published() { [[ $(published) == *DELIVERED ]]; }
wait_for "$patience" "the topic has the whole life of order $order" is_published
expect "the topic $topic" "$(published)" "$life"

logged "the statistics of the deliveries" "배송 상태 통계"
logged "the work of the scheduler" "DeliveryStatusScheduler"
logged "every step of the order" "orderId=$order" "(생성|결제|배송|취소)"

printf '\nAll %d steps passed.\n' "$step"
