#![expect(clippy::disallowed_methods, reason = "these are no settings: only tests have them")]

use std::env;
use std::path::Path;
use std::process::abort;
use std::sync::LazyLock;

static FAIL_AT: LazyLock<Option<String>> = LazyLock::new(|| env::var("FAIL_AT").ok());
static FAIL_WHEN: LazyLock<Option<String>> = LazyLock::new(|| env::var("FAIL_WHEN").ok());

static SKEW: LazyLock<i64> = LazyLock::new(|| {
    env::var("CLOCK_SKEW_SECONDS").ok().and_then(|skew| skew.parse().ok()).unwrap_or_default()
});

pub(crate) fn reached(point: &str) {
    if FAIL_AT.as_deref() == Some(point)
        && FAIL_WHEN.as_ref().is_none_or(|file| Path::new(file).exists())
    {
        abort();
    }
}

pub(crate) fn clock_skew_seconds() -> i64 {
    *SKEW
}
