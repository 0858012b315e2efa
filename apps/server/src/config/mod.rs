//! Settings: one table, four layers (defaults < TOML file < environment < flags), typed structs, and every
//! mistake named at once with its place.
//!
//! Nothing here is global. `main` reads the settings once and hands parts of [`Settings`] to whoever needs them.

mod database;
mod engine_url;
mod environment;
mod file;
mod flags;
mod given;
mod hints;
mod kind;
mod network;
mod payment;
mod problem;
mod process;
mod render;
mod resolve;
mod settings;
mod table;

#[cfg(test)]
mod tests;

pub use database::{DatabaseUrl, DatabaseUrlError};
pub use engine_url::EngineUrl;
pub use environment::FILE_VARIABLE;
pub use file::FileText;
pub use flags::Flag;
pub use given::{Given, Origin};
pub use kind::{Emptiness, Kind, Refusal};
pub use network::{Network, client_of};
pub use payment::{Hidden, PaymentSettings};
pub use problem::{Problem, Problems};
pub use process::{USUAL_FILES, load};
pub use render::{Sources, example, reference, show};
pub use resolve::{Inputs, Resolved, resolve};
pub use settings::{
    CorsOrigins, DatabaseSettings, DeliverySchedulerSettings, DeliverySettings, HttpSettings,
    InventorySettings, KafkaSettings, LogFormat, LoggingSettings, ManagementSettings,
    OrderSettings, RedisSettings, Role, SchedulerSettings, ServerSettings, Settings, ShowDetails,
    StoreSettings, TopicSettings,
};
pub use table::{PREFIX, Row, TABLE};
