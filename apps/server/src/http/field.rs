//! What is wrong with one value of a request.

use ordersystem_order::OrderLines;
use ordersystem_shared_kernel::{InvalidQuantity, Quantity};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::negotiate::Language;

/// One complaint about one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// JSON pointer into the body, or `/` and the name of a parameter.
    pub(crate) pointer: String,
    /// What is wrong there.
    pub(crate) problem: FieldProblem,
}

/// What can be wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldProblem {
    /// It must be there.
    Missing,
    /// Nobody knows it.
    Unknown {
        /// What was meant, perhaps.
        nearest: Option<String>,
    },
    /// It is there twice.
    Duplicate,
    /// It is something else.
    NotA(Expected),
    /// It contradicts another value.
    Excludes(&'static str),
    /// It is none of these.
    NoneOf(Vec<String>),
    /// One of these must be there.
    NothingOf(&'static [&'static str]),
    /// It is too small.
    Below {
        /// The least.
        min: i64,
    },
    /// It is too small or too large.
    Outside {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// It has no or too many characters, or some that cannot be printed.
    Unprintable {
        /// The most characters.
        max: usize,
    },
    /// Nobody can order so many.
    Quantity(InvalidQuantity),
    /// Too many lines.
    Lines {
        /// How many there are.
        requested: usize,
    },
}

/// What a value should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Integer,
    Text,
    Flag,
    List,
    Object,
    Moment,
    Currency,
    Uuid,
    Other,
}

impl FieldProblem {
    /// It is none of these.
    pub(super) fn none_of(choices: &[&str]) -> Self {
        Self::NoneOf(choices.iter().map(ToString::to_string).collect())
    }

    /// Stable, for programs.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Missing | Self::NothingOf(_) => "required",
            Self::Unknown { .. } => "unknown",
            Self::Duplicate => "duplicate",
            Self::NotA(_) => "type",
            Self::Excludes(_) => "exclusive",
            Self::NoneOf(_) => "choice",
            Self::Below { .. } | Self::Outside { .. } | Self::Quantity(_) | Self::Lines { .. } => {
                "range"
            }
            Self::Unprintable { .. } => "text",
        }
    }

    /// For people.
    pub(super) fn say(&self, language: Language) -> String {
        match language {
            Language::Korean => self.korean(),
            Language::English => self.english(),
        }
    }

    fn korean(&self) -> String {
        match self {
            Self::Missing => "필수 값입니다".to_owned(),
            Self::Unknown { nearest: None } => "알 수 없는 이름입니다".to_owned(),
            Self::Unknown { nearest: Some(name) } => {
                format!("알 수 없는 이름입니다. 혹시 {name}?")
            }
            Self::Duplicate => "두 번 지정되었습니다".to_owned(),
            Self::NotA(expected) => expected.korean().to_owned(),
            Self::Excludes(other) => format!("{other}와(과) 함께 쓸 수 없습니다"),
            Self::NoneOf(choices) => format!("다음 중 하나여야 합니다: {}", choices.join(", ")),
            Self::NothingOf(names) => format!("{} 중 하나는 필요합니다", names.join(", ")),
            Self::Below { min } => format!("{min} 이상이어야 합니다"),
            Self::Outside { min, max } => format!("{min} 이상 {max} 이하이어야 합니다"),
            Self::Unprintable { max } => {
                format!("출력 가능한 1~{max}자의 문자열이어야 합니다")
            }
            Self::Quantity(InvalidQuantity::TooSmall { requested }) => {
                format!("요청 수량은 최소 1 이상이어야 합니다. requested={requested}")
            }
            Self::Quantity(InvalidQuantity::TooLarge { requested }) => format!(
                "요청 수량은 최대 {} 이하이어야 합니다. requested={requested}",
                Quantity::MAX
            ),
            Self::Lines { requested } => {
                format!("주문 항목은 최대 {}개입니다. requested={requested}", OrderLines::MAX)
            }
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Missing => "is required".to_owned(),
            Self::Unknown { nearest: None } => "is not known".to_owned(),
            Self::Unknown { nearest: Some(name) } => {
                format!("is not known; did you mean {name}?")
            }
            Self::Duplicate => "is given twice".to_owned(),
            Self::NotA(expected) => format!("must be {}", expected.english()),
            Self::Excludes(other) => format!("cannot be combined with {other}"),
            Self::NoneOf(choices) => format!("must be one of {}", choices.join(", ")),
            Self::NothingOf(names) => format!("needs one of {}", names.join(", ")),
            Self::Below { min } => format!("must be at least {min}"),
            Self::Outside { min, max } => format!("must be {min} to {max}"),
            Self::Unprintable { max } => format!("must be 1 to {max} printable characters"),
            Self::Quantity(InvalidQuantity::TooSmall { requested }) => {
                format!("The quantity must be at least 1. requested={requested}")
            }
            Self::Quantity(InvalidQuantity::TooLarge { requested }) => {
                format!("The quantity must be at most {}. requested={requested}", Quantity::MAX)
            }
            Self::Lines { requested } => {
                format!("An order has at most {} lines. requested={requested}", OrderLines::MAX)
            }
        }
    }
}

impl Expected {
    const fn korean(self) -> &'static str {
        match self {
            Self::Integer => "정수여야 합니다",
            Self::Text => "문자열이어야 합니다",
            Self::Flag => "true 또는 false여야 합니다",
            Self::List => "배열이어야 합니다",
            Self::Object => "객체여야 합니다",
            Self::Moment => "2025-06-13T14:00:00Z 형식의 시각이어야 합니다",
            Self::Currency => "KRW와 같은 통화 코드여야 합니다",
            Self::Uuid => "UUID여야 합니다",
            Self::Other => "다른 형식의 값이어야 합니다",
        }
    }

    const fn english(self) -> &'static str {
        match self {
            Self::Integer => "an integer",
            Self::Text => "a string",
            Self::Flag => "true or false",
            Self::List => "an array",
            Self::Object => "an object",
            Self::Moment => "a time such as 2025-06-13T14:00:00Z",
            Self::Currency => "a currency code such as KRW",
            Self::Uuid => "a UUID",
            Self::Other => "something else",
        }
    }
}

/// The numbers and names inside the message, for programs that write their own.
impl Serialize for FieldProblem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut params = serializer.serialize_map(None)?;
        match self {
            Self::Missing | Self::Unknown { nearest: None } | Self::Duplicate => {}
            Self::Unknown { nearest: Some(name) } => params.serialize_entry("nearest", name)?,
            Self::NotA(expected) => {
                params.serialize_entry("expected", expected.english())?;
            }
            Self::Excludes(other) => params.serialize_entry("other", other)?,
            Self::NoneOf(choices) => params.serialize_entry("choices", choices)?,
            Self::NothingOf(choices) => params.serialize_entry("choices", choices)?,
            Self::Below { min } => params.serialize_entry("min", min)?,
            Self::Outside { min, max } => {
                params.serialize_entry("min", min)?;
                params.serialize_entry("max", max)?;
            }
            Self::Unprintable { max } => params.serialize_entry("max", max)?,
            Self::Quantity(InvalidQuantity::TooSmall { requested }) => {
                params.serialize_entry("min", &1)?;
                params.serialize_entry("requested", requested)?;
            }
            Self::Quantity(InvalidQuantity::TooLarge { requested }) => {
                params.serialize_entry("max", &Quantity::MAX)?;
                params.serialize_entry("requested", requested)?;
            }
            Self::Lines { requested } => {
                params.serialize_entry("max", &OrderLines::MAX)?;
                params.serialize_entry("requested", requested)?;
            }
        }
        params.end()
    }
}
