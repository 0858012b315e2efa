use std::str::FromStr;
use std::time::Duration;

use ordersystem_payment::Charge;
use ordersystem_shared_kernel::Money;
use thiserror::Error;

/// What becomes of one charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// What is decided.
    pub verdict: Verdict,
    /// How long after the charge was asked for.
    pub after: Duration,
    /// How the first call is answered; repetitions are always heard and answered.
    pub first: Reply,
}

/// What a gateway decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It takes the money.
    Capture,
    /// It takes another amount than it was asked for.
    CaptureOther(Money),
    /// It does not take it.
    Fail {
        /// Its own word for why.
        code: &'static str,
    },
    /// Nothing, ever.
    Never,
}

/// How a call is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Heard, done and answered.
    Given,
    /// Heard and done, but no answer comes.
    Lost,
    /// Not heard, and no answer comes.
    Unheard,
    /// Answered at once that it cannot now; nothing is done.
    NoService,
}

impl Plan {
    /// Takes the money at once and says so.
    pub const CAPTURE: Self =
        Self { verdict: Verdict::Capture, after: Duration::ZERO, first: Reply::Given };

    /// The same with another verdict.
    #[must_use]
    pub const fn deciding(self, verdict: Verdict) -> Self {
        Self { verdict, ..self }
    }

    /// The same, decided later.
    #[must_use]
    pub const fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }

    /// The same with another answer to the first call.
    #[must_use]
    pub const fn replying(self, first: Reply) -> Self {
        Self { first, ..self }
    }

    /// The plan that an amount stands for: its last three digits may be those of a [`TestCode`], else the money is taken.
    /// What is decided is decided `delay` after the call.
    pub fn of_amount(charge: &Charge, delay: Duration) -> Self {
        let code =
            TestCode::ALL.iter().find(|code| charge.amount.amount() % 1_000 == code.digits());
        code.map_or(Self::CAPTURE.after(delay), |code| code.plan(charge, delay))
    }
}

/// Words that make a charge go a certain way, in the manner of the test codes of Toss Payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestCode {
    /// The card is refused, at once.
    RejectCardPayment,
    /// The charge is accepted and refused later.
    RejectLater,
    /// The charge is accepted and captured later.
    CaptureLater,
    /// The gateway waits for a deposit that never comes.
    NeverDecide,
    /// One unit less than asked for is taken.
    CaptureOtherAmount,
    /// The money is taken, the answer is lost.
    TimeoutAfterCapture,
    /// The first call is lost on its way.
    TimeoutBeforeCapture,
    /// The first call is answered that there is a passing error.
    ProviderError,
}

/// The least delay of what is decided "later".
const LATER: Duration = Duration::from_secs(1);

impl TestCode {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::RejectCardPayment,
        Self::RejectLater,
        Self::CaptureLater,
        Self::NeverDecide,
        Self::CaptureOtherAmount,
        Self::TimeoutAfterCapture,
        Self::TimeoutBeforeCapture,
        Self::ProviderError,
    ];

    /// As it stands in a header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RejectCardPayment => "REJECT_CARD_PAYMENT",
            Self::RejectLater => "REJECT_LATER",
            Self::CaptureLater => "CAPTURE_LATER",
            Self::NeverDecide => "NEVER_DECIDE",
            Self::CaptureOtherAmount => "CAPTURE_OTHER_AMOUNT",
            Self::TimeoutAfterCapture => "TIMEOUT_AFTER_CAPTURE",
            Self::TimeoutBeforeCapture => "TIMEOUT_BEFORE_CAPTURE",
            Self::ProviderError => "PROVIDER_ERROR",
        }
    }

    /// The last three digits of an amount that stand for it. No sample product costs such an amount.
    pub const fn digits(self) -> i64 {
        match self {
            Self::RejectCardPayment => 901,
            Self::RejectLater => 902,
            Self::CaptureLater => 903,
            Self::NeverDecide => 904,
            Self::CaptureOtherAmount => 905,
            Self::TimeoutAfterCapture => 906,
            Self::TimeoutBeforeCapture => 907,
            Self::ProviderError => 908,
        }
    }

    /// What it does to a charge; `delay` is the gateway's own.
    pub fn plan(self, charge: &Charge, delay: Duration) -> Plan {
        let plan = Plan::CAPTURE.after(delay);
        let refused = Verdict::Fail { code: Self::RejectCardPayment.as_str() };
        match self {
            Self::RejectCardPayment => plan.deciding(refused).after(Duration::ZERO),
            Self::RejectLater => plan.deciding(refused).after(delay.max(LATER)),
            Self::CaptureLater => plan.after(delay.max(LATER)),
            Self::NeverDecide => plan.deciding(Verdict::Never),
            Self::CaptureOtherAmount => plan.deciding(Verdict::CaptureOther(less(charge.amount))),
            Self::TimeoutAfterCapture => plan.replying(Reply::Lost),
            Self::TimeoutBeforeCapture => plan.replying(Reply::Unheard),
            Self::ProviderError => plan.replying(Reply::NoService),
        }
    }
}

fn less(amount: Money) -> Money {
    let less = Money::new(amount.amount() - 1, amount.currency());
    less.unwrap_or(Money::zero(amount.currency()))
}

/// Not one of [`TestCode::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is not a test code")]
pub struct UnknownTestCode;

impl FromStr for TestCode {
    type Err = UnknownTestCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().find(|code| code.as_str() == text).copied().ok_or(UnknownTestCode)
    }
}
