//! The shop and a payment gateway as two processes: what the gateway took is what the shop believes.

use serde_json::{Value, json};

use crate::support::{Client, Door, FakePg, Server, World, wait_until};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const KEY: &str = "test_sk_shop";

/// Whether the gateway tells the shop what it decides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Webhooks {
    Sent,
    None,
}

/// A shop that asks a gateway that tells the shop.
struct Market {
    world: World,
    server: Server,
    fakepg: FakePg,
}

impl Market {
    fn open(webhooks: Webhooks, habits: &[&str]) -> Self {
        let (world, door) = (World::embedded(), Door::open());
        let settings = [
            format!("payment.gateway-url={}", door.url()),
            format!("payment.gateway-secret={KEY}"),
            format!("payment.webhook-secret={SECRET}"),
            "payment.gateway-timeout-seconds=2".to_owned(),
        ];
        let settings: Vec<&str> = settings.iter().flat_map(|set| ["--set", set]).collect();
        let server = world.start(&settings);
        let told = ["--webhook-url", server.url(), "--webhook-secret", SECRET];
        let told = if webhooks == Webhooks::Sent { &told[..] } else { &[] };
        let fakepg =
            FakePg::start(world.folder(), &[&["--secret-key", KEY], told, habits].concat());
        door.lead_to(fakepg.url());
        Self { world, server, fakepg }
    }

    /// An order of one unit at this price, whose payment is requested.
    fn order(&self, price: i64) -> i64 {
        let client = self.server.client();
        let product = json!({"name": "한정판", "price": price, "stock": 10});
        let (status, answer) = client.call("POST", "/api/products", &product);
        assert_eq!(status, 201, "{answer}");
        let order = client.placed(answer["data"]["productId"].as_i64().unwrap(), 1);
        assert_eq!(client.request_payment(order), 202);
        order
    }

    fn client(&self) -> Client {
        self.server.client()
    }

    fn wait_for(&self, order: i64, status: &str) {
        let client = self.client();
        wait_until(&format!("order {order} is {status}"), || client.status(order) == status);
    }

    /// What the gateway took and gave back.
    fn balance(&self) -> (i64, i64) {
        let ledger = self.fakepg.ledger();
        let sum = |name: &str| ledger[name]["KRW"].as_i64().unwrap_or(0);
        (sum("taken"), sum("givenBack"))
    }

    fn charge_of(&self, order: i64) -> Value {
        let ledger = self.fakepg.ledger();
        let charges = ledger["charges"].as_array().unwrap();
        let mine: Vec<_> = charges.iter().filter(|charge| charge["orderId"] == order).collect();
        assert_eq!(mine.len(), 1, "{ledger}");
        mine[0].clone()
    }

    /// Ends both after the database was checked.
    fn close(self) {
        self.server.stop();
        self.world.verify();
    }
}

fn times(history: &[String], status: &str) -> usize {
    history.iter().filter(|step| *step == status).count()
}

#[test]
fn orders_are_paid_without_anybody_s_help_however_often_and_late_the_gateway_calls() {
    let habits = ["--delay-ms", "200", "--webhook-duplicates", "2", "--webhook-shuffle-ms", "300"];
    let market = Market::open(Webhooks::Sent, &habits);
    let orders: Vec<i64> = (1..=5).map(|units| market.order(units * 1_000)).collect();
    for order in &orders {
        market.wait_for(*order, "SHIPMENT_PREPARING");
    }
    market.fakepg.wait_for_webhooks(15);
    let client = market.client();
    for order in &orders {
        assert_eq!(times(&client.history(*order), "PAYMENT_COMPLETED"), 1);
    }
    assert_eq!(market.balance(), (15_000, 0));
    // What nobody signed is not believed, whoever sends it.
    assert_eq!(client.settle(orders[0], false), 401);
    market.close();
}

#[test]
fn a_refused_card_cancels_the_order() {
    let market = Market::open(Webhooks::Sent, &[]);
    for price in [10_901, 10_902] {
        let order = market.order(price);
        market.wait_for(order, "CANCELLED");
        assert_eq!(times(&market.client().history(order), "PAYMENT_FAILED"), 1);
    }
    assert_eq!(market.balance(), (0, 0));
    market.close();
}

#[test]
fn a_charge_without_an_answer_is_looked_up_and_taken_once() {
    let market = Market::open(Webhooks::None, &[]);
    // Taken and not answered; lost on its way; a passing error.
    let orders = [10_906, 10_907, 10_908].map(|price| market.order(price));
    for order in orders {
        market.wait_for(order, "SHIPMENT_PREPARING");
        assert_eq!(market.charge_of(order)["state"], "CAPTURED");
    }
    assert_eq!(market.balance(), (10_906 + 10_907 + 10_908, 0));
    market.close();
}

#[test]
fn a_cancelled_order_is_refunded_exactly_once_whatever_is_lost() {
    let habits = ["--refund-replies", "lost,no-service"];
    let market = Market::open(Webhooks::Sent, &habits);
    let order = market.order(20_000);
    market.wait_for(order, "SHIPMENT_PREPARING");
    assert_eq!(market.client().cancel(order).0, 200);
    let payment = format!("/api/orders/{order}/payment");
    wait_until("the shop knows that the money went back", || {
        market.client().data(&payment)["refunds"][0]["state"] == "DONE"
    });
    assert_eq!(market.balance(), (20_000, 20_000));
    assert_eq!(market.charge_of(order)["refunds"].as_array().unwrap().len(), 1);
    market.close();
}

#[test]
fn money_that_comes_after_the_cancellation_goes_back() {
    let market = Market::open(Webhooks::Sent, &["--delay-ms", "1500"]);
    let order = market.order(10_000);
    wait_until("the gateway has heard of it", || market.fakepg.ledger()["charges"][0].is_object());
    assert_eq!(market.client().cancel(order).0, 200);
    wait_until("the money came and went back", || market.balance() == (10_000, 10_000));
    assert_eq!(market.client().status(order), "CANCELLED");
    assert_eq!(market.charge_of(order)["refunds"].as_array().unwrap().len(), 1);
    market.close();
}

#[test]
fn another_amount_is_no_payment_and_goes_back() {
    let market = Market::open(Webhooks::Sent, &[]);
    let order = market.order(10_905);
    market.wait_for(order, "CANCELLED");
    wait_until("what was taken went back", || market.balance() == (10_904, 10_904));
    assert_eq!(times(&market.client().history(order), "PAYMENT_COMPLETED"), 0);
    market.close();
}
