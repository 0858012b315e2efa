//! Why a person did something, in their own words.

use super::error::ApiError;
use super::field::FieldProblem;

/// In characters.
pub(super) const LONGEST: usize = 256;

/// Whether it says something and can be shown on one line.
pub(super) fn check_reason(reason: &str) -> Result<(), ApiError> {
    let printable = !reason.trim().is_empty() && !reason.chars().any(char::is_control);
    if printable && reason.chars().count() <= LONGEST {
        return Ok(());
    }
    Err(ApiError::body("/reason", FieldProblem::Unprintable { max: LONGEST }))
}
