use std::time::Duration;

/// How long anything that must happen may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// What the future returns; panics with the promise when it does not return in time.
pub async fn soon<T>(promise: &str, future: impl Future<Output = T>) -> T {
    let result = tokio::time::timeout(DEADLINE, future).await;
    result.unwrap_or_else(|_elapsed| panic!("{promise}: nothing happened within {DEADLINE:?}"))
}

/// Asks again and again until the answer is yes; panics with the promise when it never is.
pub async fn eventually(promise: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut pause = tokio::time::interval(Duration::from_millis(2));
    soon(promise, async {
        while !holds().await {
            pause.tick().await;
        }
    })
    .await;
}
