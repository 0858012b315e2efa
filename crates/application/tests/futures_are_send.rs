//! Consumers and timers run use cases in spawned tasks: their futures must be `Send`.

use ordersystem_application::{Call, NewProduct, UseCases};
use ordersystem_inventory::ProductChange;
use ordersystem_order::{Basket, Cause};
use ordersystem_payment::GatewayOutcome;
use ordersystem_shared_kernel::{OrderId, ProductId};

fn send(_: impl Send) {}

#[expect(dead_code, reason = "compiling it is the test")]
fn every_use_case(use_cases: &UseCases, basket: Basket, new: NewProduct) {
    let (order, product) = (OrderId::new(1), ProductId::new(1));
    send(use_cases.place_order(basket, Call::default()));
    send(use_cases.cancel_order(order, Call::default()));
    send(use_cases.request_payment(order, Call::default()));
    send(use_cases.settle_payment(order, GatewayOutcome::Success, Call::default()));
    send(use_cases.start_shipment(order, Call::default()));
    send(use_cases.ship(order, Cause::Scheduler, Call::default()));
    send(use_cases.deliver(order, Cause::Scheduler, Call::default()));
    send(use_cases.expire_hold(order));
    send(use_cases.create_product(new, Call::default()));
    send(use_cases.change_product(product, ProductChange::default(), Call::default()));
    send(use_cases.adjust_stock(product, 1, String::new(), Call::default()));
    send(use_cases.sync_stock(product));
    send(use_cases.seed_samples());
}
