//! The same lives of a shop on the memory store, on SQLite and on PostgreSQL: the same answers, and the same to look at.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod shops;
mod view;

use std::cell::RefCell;

use ordersystem_port_contracts::script::{Command, any_script};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use shops::Shops;
use tokio::runtime::Runtime;

/// How many lives one set of databases sees.
const LIVES_PER_DATABASE: usize = 50;

/// (lives, commands in each at most).
fn size() -> (u32, usize) {
    #[expect(clippy::disallowed_methods, reason = "the environment says how long to test")]
    let long = std::env::var_os("ORDERSYSTEM_TEST_LONG").is_some();
    if long { (20_000, 60) } else { (300, 40) }
}

#[test]
fn three_stores_tell_the_same_story() {
    let runtime = Runtime::new().unwrap();
    let (lives, commands) = size();
    let shops = RefCell::new(None);
    let told =
        TestRunner::new(ProptestConfig::with_cases(lives)).run(&any_script(commands), |script| {
            // After a failure the three are out of step: the next life begins on new ones.
            let taken = shops.take().filter(|shops: &Shops| shops.lives < LIVES_PER_DATABASE);
            *shops.borrow_mut() = Some(runtime.block_on(live(taken, &script)));
            Ok(())
        });
    drop(shops);
    told.unwrap_or_else(|failure| panic!("{failure}"));
}

async fn live(shops: Option<Shops>, script: &[Command]) -> Shops {
    let mut shops = match shops {
        Some(shops) => shops,
        None => Shops::open().await,
    };
    shops.begin().await;
    for command in script {
        shops.obey(command).await;
    }
    shops.compare().await;
    shops
}
