use ordersystem_application::BrokerError;

/// Runs calls of librdkafka that may wait for the network where they hold nobody up.
pub(crate) async fn off_the_runtime<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BrokerError> {
    tokio::task::spawn_blocking(call).await.map_err(|broken| {
        tracing::error!("a call to Kafka broke off: {broken}");
        BrokerError
    })
}
