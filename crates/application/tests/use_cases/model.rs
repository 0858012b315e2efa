//! Random lives of a shop against a model that knows contract §1 and §3 and none of the code.

use std::fmt::Debug;
use std::sync::Arc;

use ordersystem_adapter_memory::{ManualClock, MemoryStore};
use ordersystem_application::Store;
use ordersystem_port_contracts::World;
use ordersystem_port_contracts::script::{Command, STOCKS, Shop, Step, any_script};
use ordersystem_port_contracts::unit::PRICE;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

const LONG: &str = "ORDERSYSTEM_TEST_LONG";
const MOST_COMMANDS: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Money {
    NeverAskedFor,
    AskedFor,
    Refused,
    Taken,
}

#[derive(Debug)]
struct Sale {
    lines: Vec<(usize, i64)>,
    status: &'static str,
    money: Money,
    /// What is to be paid, and what went back of it.
    total: i64,
    back: Vec<i64>,
    parcel: Option<&'static str>,
}

impl Sale {
    fn units(&self, product: usize) -> i64 {
        self.lines.iter().filter(|(line, _)| *line == product).map(|(_, units)| units).sum()
    }

    fn rest(&self) -> i64 {
        self.total - self.back.iter().sum::<i64>()
    }

    fn give_back(&mut self) {
        self.back.extend(Some(self.rest()).filter(|rest| *rest > 0));
    }

    fn holds(&self) -> bool {
        matches!(self.status, "CREATED" | "PAYMENT_REQUESTED")
    }
}

struct Model {
    /// Units in the house, held ones among them; none when nobody counts.
    stock: [Option<i64>; 3],
    prices: [i64; 3],
    sales: Vec<Sale>,
}

type Answer = Result<(), &'static str>;
const ILLEGAL: Answer = Err("INVALID_STATUS_TRANSITION");

impl Model {
    const fn new() -> Self {
        Self { stock: STOCKS, prices: [PRICE; 3], sales: Vec::new() }
    }

    fn held(&self, product: usize) -> i64 {
        self.sales.iter().filter(|sale| sale.holds()).map(|sale| sale.units(product)).sum()
    }

    fn obey(&mut self, command: &Command) -> Answer {
        match command {
            Command::Place(lines) => self.place(lines),
            Command::Take(step, order) => {
                let place = order.of(self.sales.len()).ok_or(match step {
                    Step::Ship | Step::Deliver => "DELIVERY_NOT_FOUND",
                    _ => "ORDER_NOT_FOUND",
                })?;
                self.take(*step, place)
            }
            Command::Adjust(product, delta) => {
                let after = self.stock[*product].ok_or("STOCK_NOT_MANAGED")? + delta;
                if after < self.held(*product) {
                    return Err("STOCK_BELOW_HELD");
                }
                self.stock[*product] = Some(after);
                Ok(())
            }
            Command::Refund(order, amount) => {
                let place = order.of(self.sales.len()).ok_or("ORDER_NOT_FOUND")?;
                self.refund(place, *amount)
            }
            Command::Reprice(product, price) => {
                self.prices[*product] = *price;
                Ok(())
            }
            Command::Wait(_) => Ok(()),
        }
    }

    fn place(&mut self, lines: &[(usize, i64)]) -> Answer {
        let short = |(product, units): &(usize, i64)| {
            self.stock[*product].is_some_and(|stock| stock - self.held(*product) < *units)
        };
        if lines.iter().any(short) {
            return Err("INSUFFICIENT_STOCK");
        }
        let total = lines.iter().map(|(product, units)| self.prices[*product] * units).sum();
        let (lines, money, back) = (lines.to_vec(), Money::NeverAskedFor, Vec::new());
        self.sales.push(Sale { lines, status: "CREATED", money, total, back, parcel: None });
        Ok(())
    }

    fn take(&mut self, step: Step, place: usize) -> Answer {
        let sale = &mut self.sales[place];
        match (step, sale.status) {
            (Step::RequestPayment, "CREATED") => {
                (sale.status, sale.money) = ("PAYMENT_REQUESTED", Money::AskedFor);
            }
            (Step::RequestPayment, "PAYMENT_REQUESTED") => {}
            (Step::RequestPayment, _) => return ILLEGAL,
            (Step::Succeed, _) => return self.paid(place),
            (Step::Fail, _) => return self.refused(place),
            (Step::Prepare, "PAYMENT_COMPLETED") => {
                (sale.status, sale.parcel) = ("SHIPMENT_PREPARING", Some("SHIPMENT_PREPARING"));
            }
            (Step::Prepare, "CREATED" | "PAYMENT_REQUESTED") => return ILLEGAL,
            (Step::Prepare, _) => {}
            (Step::Ship, _) => return self.parcel(place, "SHIPMENT_PREPARING", "SHIPPED"),
            (Step::Deliver, _) => return self.parcel(place, "SHIPPED", "DELIVERED"),
            (Step::Cancel, "SHIPPED" | "DELIVERED") => return ILLEGAL,
            (Step::Cancel, "PAYMENT_COMPLETED" | "SHIPMENT_PREPARING") => self.give_back(place),
            (Step::Cancel, _) | (Step::Expire, "CREATED" | "PAYMENT_REQUESTED") => {
                sale.status = "CANCELLED";
            }
            (Step::Expire, _) => {}
        }
        Ok(())
    }

    fn paid(&mut self, place: usize) -> Answer {
        let sale = &mut self.sales[place];
        match (sale.money, sale.status) {
            (Money::NeverAskedFor, _) => return Err("PAYMENT_NOT_REQUESTED"),
            (Money::AskedFor, "PAYMENT_REQUESTED") => {
                (sale.status, sale.money) = ("PAYMENT_COMPLETED", Money::Taken);
                self.move_stock(place, -1);
            }
            (Money::AskedFor | Money::Refused, _) => {
                sale.money = Money::Taken;
                sale.give_back();
            }
            (Money::Taken, _) => {}
        }
        Ok(())
    }

    fn refused(&mut self, place: usize) -> Answer {
        let sale = &mut self.sales[place];
        match sale.money {
            Money::NeverAskedFor => return Err("PAYMENT_NOT_REQUESTED"),
            Money::AskedFor => (sale.status, sale.money) = ("CANCELLED", Money::Refused),
            Money::Refused | Money::Taken => {}
        }
        Ok(())
    }

    fn give_back(&mut self, place: usize) {
        let sale = &mut self.sales[place];
        sale.status = "CANCELLED";
        sale.give_back();
        sale.parcel = sale.parcel.map(|_| "CANCELLED");
        self.move_stock(place, 1);
    }

    fn refund(&mut self, place: usize, amount: i64) -> Answer {
        let sale = &mut self.sales[place];
        if sale.holds() || sale.status == "CANCELLED" {
            return Err("ORDER_NOT_PAID");
        }
        if amount < 1 {
            return Err("INVALID_REFUND_AMOUNT");
        }
        if amount > sale.rest() {
            return Err("REFUND_ABOVE_CAPTURED");
        }
        sale.back.push(amount);
        Ok(())
    }

    fn parcel(&mut self, place: usize, from: &'static str, to: &'static str) -> Answer {
        let sale = &mut self.sales[place];
        match sale.parcel {
            None => return Err("DELIVERY_NOT_FOUND"),
            Some(present) if present == to => {}
            Some(present) if present == from => (sale.status, sale.parcel) = (to, Some(to)),
            Some(_) => return Err("INVALID_DELIVERY_TRANSITION"),
        }
        Ok(())
    }

    fn move_stock(&mut self, place: usize, sign: i64) {
        for (product, units) in &self.sales[place].lines {
            if let Some(stock) = &mut self.stock[*product] {
                *stock += sign * units;
            }
        }
    }
}

/// That a shop on a store agrees with the model on everything that can be seen.
async fn compare(shop: &Shop, store: &MemoryStore, model: &Model) {
    assert_eq!(store.audit(), Vec::<String>::new());
    for (place, (product, stock)) in shop.products().iter().zip(model.stock).enumerate() {
        let (_, level) = store.product(*product).await.unwrap().unwrap();
        let level = level.map(|level| (level.total, level.reserved));
        agree("stock", level, stock.map(|stock| (stock, model.held(place))));
    }
    for (id, sale) in shop.orders().iter().zip(&model.sales) {
        let order = store.order(*id).await.unwrap().unwrap();
        agree("status", order.status().as_str(), sale.status);
        let parcel = store.delivery(*id).await.unwrap();
        agree("parcel", parcel.map(|parcel| parcel.status().as_str()), sale.parcel);
        let payment = store.payment(*id).await.unwrap();
        agree("asked", payment.is_some(), sale.money != Money::NeverAskedFor);
        let refunds = payment.as_ref().map_or(&[][..], |payment| payment.refunds());
        let back: Vec<_> = refunds.iter().map(|refund| refund.amount.amount()).collect();
        agree("refunds", &back, &sale.back);
        let taken = payment.as_ref().is_some_and(|payment| payment.captured().is_some());
        agree("taken", taken, sale.money == Money::Taken);
    }
}

#[track_caller]
fn agree<T: PartialEq + Debug>(what: &str, real: T, model: T) {
    assert_eq!(real, model, "{what}");
}

/// 20,000 lives, or 5,000,000 commands and more when there is time.
fn lives() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "the environment says how long to test")]
    let long = std::env::var_os(LONG).is_some();
    if long { 200_000 } else { 20_000 }
}

#[test]
fn every_life_is_as_the_model_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(lives()));
    let lives = runner.run(&any_script(MOST_COMMANDS), |script| {
        runtime.block_on(live(&script));
        Ok(())
    });
    lives.unwrap_or_else(|failure| panic!("{failure}"));
}

async fn live(script: &[Command]) {
    let clock = ManualClock::default();
    let store = MemoryStore::new(Arc::new(clock.clone()));
    let (mut shop, mut model) = (Shop::on(&World::new(store.clone(), clock)), Model::new());
    shop.open().await;
    for command in script {
        assert_eq!(shop.obey(command).await, model.obey(command), "{command:?}");
    }
    compare(&shop, &store, &model).await;
}
