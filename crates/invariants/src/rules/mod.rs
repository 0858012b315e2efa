//! One function per invariant: it answers with the numbers of those that break it, in any order.

pub(crate) mod events;
pub(crate) mod holds;
pub(crate) mod money;
pub(crate) mod orders;
pub(crate) mod stock;
pub(crate) mod time;
