//! The shop and a payment gateway as two processes: what the gateway took is what the shop believes.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;

use ordersystem_test_seams::FailPoint;
use serde_json::{Value, json};

use crate::crashes::{AT_THE_TILL, SIGABRT};
use crate::support::{Client, Door, FakePg, Server, World, in_both_worlds, wait_until};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const KEY: &str = "test_sk_shop";

in_both_worlds! {
    orders_are_paid_without_anybody_s_help_however_often_and_late_the_gateway_calls,
    a_refused_card_cancels_the_order,
    a_charge_without_an_answer_is_looked_up_and_taken_once,
    a_cancelled_order_is_refunded_exactly_once_whatever_is_lost,
    money_that_comes_after_the_cancellation_goes_back,
    another_amount_is_no_payment_and_goes_back,
    a_shop_that_dies_at_the_till_takes_and_gives_back_once,
}

/// Whether the gateway tells the shop what it decides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Webhooks {
    Sent,
    None,
}

/// A shop that asks a gateway that tells the shop.
struct Market {
    world: World,
    settings: Vec<String>,
    server: Server,
    fakepg: FakePg,
}

impl Market {
    fn open(world: &World, webhooks: Webhooks, habits: &[&str]) -> Self {
        Self::open_with(world, webhooks, habits, &[])
    }

    /// With these variables in the shop's environment.
    fn open_with(
        world: &World,
        webhooks: Webhooks,
        habits: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let door = Door::open();
        let settings = vec![
            format!("--set=payment.gateway-url={}", door.url()),
            format!("--set=payment.gateway-secret={KEY}"),
            format!("--set=payment.webhook-secret={SECRET}"),
            "--set=payment.gateway-timeout-seconds=2".to_owned(),
        ];
        let server = world.start_with(variables, &text(&settings));
        let told = ["--webhook-url", server.url(), "--webhook-secret", SECRET];
        let told = if webhooks == Webhooks::Sent { &told[..] } else { &[] };
        let fakepg =
            FakePg::start(world.folder(), &[&["--secret-key", KEY], told, habits].concat());
        door.lead_to(fakepg.url());
        Self { world: world.clone(), settings, server, fakepg }
    }

    /// The shop has died as it should have; another one takes over.
    fn inherit(&mut self) {
        assert_eq!(self.server.wait().signal(), Some(SIGABRT), "{}", self.server.printed());
        self.world.forget_the_dead();
        self.server = self.world.start(&text(&self.settings));
    }

    /// An order of one unit at this price.
    fn place(&self, price: i64) -> i64 {
        let client = self.server.client();
        let product = json!({"name": "한정판", "price": price, "stock": 10});
        let (status, answer) = client.call("POST", "/api/products", &product);
        assert_eq!(status, 201, "{answer}");
        client.placed(answer["data"]["productId"].as_i64().unwrap(), 1)
    }

    /// The same, and its payment is requested.
    fn order(&self, price: i64) -> i64 {
        let order = self.place(price);
        assert_eq!(self.client().request_payment(order), 202);
        order
    }

    /// Sends the command that leads there, whether or not somebody is left to answer it.
    fn insist(&self, method: &str, path: &str) {
        drop(self.client().send(method, path, &[], ""));
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

fn text(settings: &[String]) -> Vec<&str> {
    settings.iter().map(String::as_str).collect()
}

fn times(history: &[String], status: &str) -> usize {
    history.iter().filter(|step| *step == status).count()
}

fn orders_are_paid_without_anybody_s_help_however_often_and_late_the_gateway_calls(world: &World) {
    let habits = ["--delay-ms", "200", "--webhook-duplicates", "2", "--webhook-shuffle-ms", "300"];
    let market = Market::open(world, Webhooks::Sent, &habits);
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

fn a_refused_card_cancels_the_order(world: &World) {
    let market = Market::open(world, Webhooks::Sent, &[]);
    for price in [10_901, 10_902] {
        let order = market.order(price);
        market.wait_for(order, "CANCELLED");
        assert_eq!(times(&market.client().history(order), "PAYMENT_FAILED"), 1);
    }
    assert_eq!(market.balance(), (0, 0));
    market.close();
}

fn a_charge_without_an_answer_is_looked_up_and_taken_once(world: &World) {
    let market = Market::open(world, Webhooks::None, &[]);
    // Taken and not answered; lost on its way; a passing error.
    let orders = [10_906, 10_907, 10_908].map(|price| market.order(price));
    for order in orders {
        market.wait_for(order, "SHIPMENT_PREPARING");
        assert_eq!(market.charge_of(order)["state"], "CAPTURED");
    }
    assert_eq!(market.balance(), (10_906 + 10_907 + 10_908, 0));
    market.close();
}

fn a_cancelled_order_is_refunded_exactly_once_whatever_is_lost(world: &World) {
    let habits = ["--refund-replies", "lost,no-service"];
    let market = Market::open(world, Webhooks::Sent, &habits);
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

fn money_that_comes_after_the_cancellation_goes_back(world: &World) {
    let market = Market::open(world, Webhooks::Sent, &["--delay-ms", "1500"]);
    let order = market.order(10_000);
    wait_until("the gateway has heard of it", || market.fakepg.ledger()["charges"][0].is_object());
    assert_eq!(market.client().cancel(order).0, 200);
    wait_until("the money came and went back", || market.balance() == (10_000, 10_000));
    assert_eq!(market.client().status(order), "CANCELLED");
    assert_eq!(market.charge_of(order)["refunds"].as_array().unwrap().len(), 1);
    market.close();
}

fn another_amount_is_no_payment_and_goes_back(world: &World) {
    let market = Market::open(world, Webhooks::Sent, &[]);
    let order = market.order(10_905);
    market.wait_for(order, "CANCELLED");
    wait_until("what was taken went back", || market.balance() == (10_904, 10_904));
    assert_eq!(times(&market.client().history(order), "PAYMENT_COMPLETED"), 0);
    market.close();
}

/// Between what the gateway did and what the shop wrote down about it.
fn a_shop_that_dies_at_the_till_takes_and_gives_back_once(world: &World) {
    for point in AT_THE_TILL {
        println!("{}", point.name());
        let flag = world.folder().join(point.name());
        let variables = [("FAIL_AT", point.name()), ("FAIL_WHEN", flag.to_str().unwrap())];
        let mut market = Market::open_with(world, Webhooks::None, &[], &variables);
        let order = market.place(30_000);
        let path = format!("/api/orders/{order}");
        let pay = format!("{path}/payment");
        let is_refund = matches!(point, FailPoint::Refunding | FailPoint::Refunded);
        if is_refund {
            market.insist("POST", &pay);
            market.wait_for(order, "SHIPMENT_PREPARING");
        }
        File::create(&flag).unwrap();
        let (method, command) = if is_refund { ("DELETE", &path) } else { ("POST", &pay) };
        market.insist(method, command);
        market.inherit();
        // Whoever got no answer asks again.
        market.insist(method, command);
        market.wait_for(order, if is_refund { "CANCELLED" } else { "SHIPMENT_PREPARING" });
        let given_back = if is_refund { 30_000 } else { 0 };
        wait_until("the money is where it belongs", || market.balance() == (30_000, given_back));
        wait_until("the shop knows it", || {
            let refunds = &market.client().data(&pay)["refunds"];
            !is_refund || refunds[0]["state"] == "DONE"
        });
        assert_eq!(
            market.charge_of(order)["refunds"].as_array().unwrap().len(),
            usize::from(is_refund)
        );
        market.close();
    }
}
