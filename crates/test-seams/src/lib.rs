//! What tests make a process do to itself. Without the feature `armed`, which only dev-dependencies turn on, every function
//! here does nothing and every mark in the code compiles to nothing.

#[cfg(feature = "armed")]
mod armed;

/// Names of the points, once as variants and once as `FAIL_AT` has them.
macro_rules! points {
    ($($(#[$doc:meta])+ $point:ident = $name:literal,)+) => {
        /// A place at which a process can be made to die as by `kill -9`, see [`Self::reached`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum FailPoint {
            $($(#[$doc])+ $point,)+
        }

        impl FailPoint {
            /// Every point there is.
            pub const ALL: &[Self] = &[$(Self::$point),+];

            /// What `FAIL_AT` calls it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$point => $name,)+
                }
            }
        }
    };
}

points! {
    /// The engines are open and the counters filled; nothing runs yet.
    Opened = "opened",
    /// The sample products are on sale.
    Seeded = "seeded",
    /// Redis has held the basket; nothing is stored.
    Admitted = "admitted",
    /// A unit of work is about to wait for its writer.
    UnitQueued = "unit-queued",
    /// A transaction holds its locks and is decided; nothing is written.
    UnitDecided = "unit-decided",
    /// The COMMIT was answered; nobody else knows.
    UnitCommitted = "unit-committed",
    /// Who waited for the commit was told.
    UnitAnswered = "unit-answered",
    /// The counters are about to be told what was committed.
    Projecting = "projecting",
    /// The counters know it.
    Projected = "projected",
    /// The gateway is about to be asked for the money.
    Charging = "charging",
    /// It may have taken it; nobody here knows.
    Charged = "charged",
    /// The gateway is about to be asked to give money back.
    Refunding = "refunding",
    /// It may have done so; nobody here knows.
    Refunded = "refunded",
    /// A command is done; its answer is not written.
    Answering = "answering",
    /// A relay has its share of the buckets.
    RelayLeased = "relay-leased",
    /// A page of the outbox was read.
    RelayRead = "relay-read",
    /// The producer has the page; the broker may have it.
    RelayEnqueued = "relay-enqueued",
    /// The broker has the page; it is not marked.
    RelayPublished = "relay-published",
    /// The page is marked.
    RelayMarked = "relay-marked",
    /// A consumer has records in hand.
    ConsumerPolled = "consumer-polled",
    /// They are handled; their offsets are not committed.
    ConsumerHandled = "consumer-handled",
    /// Their offsets are committed.
    ConsumerCommitted = "consumer-committed",
    /// A dead letter is stored; its copy is not in the topic.
    LetterStored = "letter-stored",
    /// A dead letter was published again; it is not marked.
    LetterReplayed = "letter-replayed",
    /// A timer knows what is due.
    TimerDue = "timer-due",
    /// It has done that.
    TimerActed = "timer-acted",
    /// The reconciler has read what the store says; the counters were not told.
    StockRead = "stock-read",
    /// The last request is answered; the background still runs.
    Drained = "drained",
    /// Nothing runs any more; the engines are open.
    Stopped = "stopped",
}

impl FailPoint {
    /// Ends the process at once when `FAIL_AT` names this point. With `FAIL_WHEN` in the environment it does so only once
    /// there is a file of that name, so that a test can bring a process where it wants it first.
    #[cfg(feature = "armed")]
    pub fn reached(self) {
        armed::reached(self.name());
    }

    /// Nothing.
    #[cfg(not(feature = "armed"))]
    #[inline(always)]
    pub const fn reached(self) {}
}

/// How many seconds the clock of this process is ahead of its machine's: `CLOCK_SKEW_SECONDS`.
#[cfg(feature = "armed")]
pub fn clock_skew_seconds() -> i64 {
    armed::clock_skew_seconds()
}

/// None.
#[cfg(not(feature = "armed"))]
#[inline(always)]
pub const fn clock_skew_seconds() -> i64 {
    0
}
