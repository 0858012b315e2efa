#!/usr/bin/env bash
# The life of an order in seconds: order, payment, shipment, delivery, and what the stock and the events say of it.
set -euo pipefail
# shellcheck source=local-server.sh
source "$(dirname "$0")/local-server.sh"

say() {
    if [[ -t 1 ]]; then
        printf '\n\033[1m%s\033[0m\n' "$*"
    else
        printf '\n%s\n' "$*"
    fi
}

show() {
    printf '  %s %s\n' "$1" "$2"
    printf '  %s\n' "$(call "$@")"
}

start_server --ship-delay-seconds 2 --delivery-delay-seconds 2
say "A fresh shop listens on $url"
show GET /api/inventory/1/status

say "A customer orders two units; they are held, not sold"
answer=$(call POST /api/orders '{"productId":1,"quantity":2}')
order=$(field orderId <<<"$answer")
printf '  POST /api/orders\n  %s\n' "$answer"
show GET /api/inventory/1/status

say "The customer pays and the gateway reports success; now they are sold"
show POST "/api/orders/$order/payment"
show POST "/api/orders/$order/payment/complete?success=true"
show GET /api/inventory/1/status

say "The delivery starts by itself (here after 2 s instead of 30 min)"
wait_for 30 "the order is shipped" has_reached "$order" SHIPPED
show GET "/api/delivery/$order/tracking"

say "It arrives by itself (here after 2 s instead of 2 h)"
wait_for 30 "the order is delivered" has_reached "$order" DELIVERED
show GET "/api/delivery/$order"

say "What happened, as the log tells it"
grep "orderId=$order" "$log" | grep -E "(생성|결제|배송|취소)" | sed 's/^/  /'
