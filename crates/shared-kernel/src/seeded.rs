//! Deliberate defects: the test of the tests. Each is the mistake that a rule of the design is there to prevent; the
//! simulation must notice every one of them. Only the feature `seeded-bugs` can switch one on.

/// A defect, named by the mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the table of crates/simulation/README.md")]
pub enum Bug {
    PublishOutsideTransaction,
    OutboxCursor,
    AckBeforeProduce,
    OffsetBeforeCommit,
    NoInbox,
    InboxOutsideTransaction,
    DeltaProjection,
    ProjectionWithoutVersion,
    EqualVersionIgnored,
    EpochIgnored,
    ReleaseTwice,
    ConfirmWithoutGuard,
    ExpiryByClock,
    NoRefundOnLateSuccess,
    RefundPerReplay,
    SyncDeletesHolds,
    LockOrderReversed,
    AnswerBeforeCommit,
    FallbackAnswersTwice,
    KeyAfterEffect,
    FingerprintIgnored,
    KeyWithoutPrincipal,
    RelayClaimsRows,
    RelayPassesFailedRow,
    MessageTimeout,
    DueWithoutGuard,
    DeadLetterOnTransient,
    PoisonSkipped,
    CommitCancellable,
    SoldOutForEver,
    ReturnAfterShipping,
    DeliveryNotCancelled,
}

impl Bug {
    /// All 32, in the order of the design.
    pub const ALL: [Self; 32] = [
        Self::PublishOutsideTransaction,
        Self::OutboxCursor,
        Self::AckBeforeProduce,
        Self::OffsetBeforeCommit,
        Self::NoInbox,
        Self::InboxOutsideTransaction,
        Self::DeltaProjection,
        Self::ProjectionWithoutVersion,
        Self::EqualVersionIgnored,
        Self::EpochIgnored,
        Self::ReleaseTwice,
        Self::ConfirmWithoutGuard,
        Self::ExpiryByClock,
        Self::NoRefundOnLateSuccess,
        Self::RefundPerReplay,
        Self::SyncDeletesHolds,
        Self::LockOrderReversed,
        Self::AnswerBeforeCommit,
        Self::FallbackAnswersTwice,
        Self::KeyAfterEffect,
        Self::FingerprintIgnored,
        Self::KeyWithoutPrincipal,
        Self::RelayClaimsRows,
        Self::RelayPassesFailedRow,
        Self::MessageTimeout,
        Self::DueWithoutGuard,
        Self::DeadLetterOnTransient,
        Self::PoisonSkipped,
        Self::CommitCancellable,
        Self::SoldOutForEver,
        Self::ReturnAfterShipping,
        Self::DeliveryNotCancelled,
    ];
}

/// Whether this defect is to be had right now; without the feature never, so that nothing of it is compiled.
#[cfg(not(feature = "seeded-bugs"))]
#[inline(always)]
pub const fn seeded(_bug: Bug) -> bool {
    false
}

#[cfg(feature = "seeded-bugs")]
thread_local! {
    static SOWN: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Whether this defect was sown in this thread.
#[cfg(feature = "seeded-bugs")]
pub fn seeded(bug: Bug) -> bool {
    SOWN.get() == Some(bug)
}

/// Switches one defect on in this thread, or all of them off.
#[cfg(feature = "seeded-bugs")]
pub fn sow(bug: Option<Bug>) {
    SOWN.set(bug);
}
