use clap::Args;
use ordersystem_adapter_gateway::webhook::WebhookSecret;
use ordersystem_adapter_gateway::{Reply, TestCode};

/// How the pretend payment gateway behaves.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct FakePgArgs {
    /// The shop that is told of decisions; without it nobody is
    #[arg(long, value_name = "URL")]
    pub webhook_url: Option<String>,
    /// What webhooks are signed with: whsec_ and 24 to 64 bytes in Base64
    #[arg(long, value_name = "SECRET", requires = "webhook_url")]
    pub webhook_secret: Option<WebhookSecret>,
    /// Longest time a webhook waits before it is sent; each takes its own part of it, so that they overtake each other
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub webhook_shuffle_ms: u64,
    /// How long every webhook waits before it is sent
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub webhook_delay_ms: u64,
    /// How often each webhook is sent again although it was taken
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub webhook_duplicates: u8,
    /// The merchant's key; without it every key is right
    #[arg(long, value_name = "KEY")]
    pub secret_key: Option<String>,
    /// How long a charge waits for its decision
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub delay_ms: u64,
    /// How long a call that gets no answer is left hanging
    #[arg(long, value_name = "MS", default_value_t = 30_000)]
    pub hang_ms: u64,
    /// What becomes of every charge that does not bring a code of its own, such as NEVER_DECIDE
    #[arg(long, value_name = "CODE", value_parser = test_code)]
    pub test_code: Option<TestCode>,
    /// How the first refunds are answered: given, lost, unheard or no-service, parted by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = reply)]
    pub refund_replies: Vec<Reply>,
}

fn test_code(text: &str) -> Result<TestCode, String> {
    let codes: Vec<_> = TestCode::ALL.iter().map(|code| code.as_str()).collect();
    text.parse().map_err(|error| format!("{error}; give one of {}", codes.join(", ")))
}

fn reply(text: &str) -> Result<Reply, &'static str> {
    match text {
        "given" => Ok(Reply::Given),
        "lost" => Ok(Reply::Lost),
        "unheard" => Ok(Reply::Unheard),
        "no-service" => Ok(Reply::NoService),
        _ => Err("give given, lost, unheard or no-service"),
    }
}
