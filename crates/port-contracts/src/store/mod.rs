//! `Store`, `Reads`, `DueWork`, `Outbox` and `Numbers`: five views of one set of rows. See [`crate::store_contract!`].

pub mod accounts;
pub mod commit;
pub mod dead_letters;
pub mod due;
pub mod money;
pub mod numbers;
pub mod outbox;
pub mod reads;
pub mod receipts;
pub mod stock;
