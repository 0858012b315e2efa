//! Bytes that nobody thought of against everything that reads bytes: each target a while with what proptest makes of the
//! committed seeds. An input that is answered wrongly is printed, and belongs to the seeds from then on.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its world has failed"
)]

mod explore;
mod targets;
