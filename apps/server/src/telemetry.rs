//! Logs: the same lines on the console (stderr) and in a file, as text for `grep` or as JSON.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::writer::{BoxMakeWriter, MakeWriterExt};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, fmt as log_format};

use crate::clock;
use crate::config::{LogFormat, LoggingSettings};

/// Writes what is still buffered when it is dropped; keep it until the end of `main`.
#[derive(Debug)]
#[must_use = "without it the last lines are lost"]
pub struct Logging {
    _guards: Vec<WorkerGuard>,
}

/// Why there can be no log.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The file or its folder cannot be written.
    #[error(
        "the log file {} cannot be written: {reason}; make its folder writable, or set ordersystem.logging.file \
         to another path or to nothing",
        path.display()
    )]
    File {
        /// The file of the settings.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The levels are not what `EnvFilter` takes.
    #[error("ordersystem.logging.level is not understood")]
    Levels(#[source] ParseError),
    /// Somebody has installed another log before.
    #[error("the log is already set up")]
    Twice(#[source] TryInitError),
}

/// Starts logging for the whole process.
pub fn init(settings: &LoggingSettings, zone: Tz) -> Result<Logging, TelemetryError> {
    let console = match io::stderr().is_terminal() {
        true => Console::Terminal,
        false => Console::Stream,
    };
    let (subscriber, logging) = build(settings, zone, console, io::stderr())?;
    subscriber.try_init().map_err(TelemetryError::Twice)?;
    Ok(logging)
}

/// What the console can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Console {
    /// Colours.
    Terminal,
    /// Plain text.
    Stream,
}

fn build(
    settings: &LoggingSettings,
    zone: Tz,
    console: Console,
    stream: impl io::Write + Send + 'static,
) -> Result<(impl Subscriber + Send + Sync + for<'a> LookupSpan<'a>, Logging), TelemetryError> {
    let filter = EnvFilter::builder().parse(&settings.level).map_err(TelemetryError::Levels)?;
    let file = settings.file.as_deref().map(open).transpose()?;
    let (stream, guard) = background("log-console", stream);
    let mut guards = vec![guard];
    let file = file.map(|file| {
        let (file, guard) = background("log-file", file);
        guards.push(guard);
        file
    });

    let line = |writer, paint| layer(writer, settings.format, zone, paint);
    let layers = match (file, console) {
        // The file goes first: fields of spans are formatted once, and must not bring colours into it.
        (Some(file), Console::Terminal) => vec![
            line(BoxMakeWriter::new(file), Paint::Plain),
            line(BoxMakeWriter::new(stream), Paint::Colours),
        ],
        (Some(file), Console::Stream) => {
            vec![line(BoxMakeWriter::new(file.and(stream)), Paint::Plain)]
        }
        (None, Console::Terminal) => vec![line(BoxMakeWriter::new(stream), Paint::Colours)],
        (None, Console::Stream) => vec![line(BoxMakeWriter::new(stream), Paint::Plain)],
    };
    let subscriber = tracing_subscriber::registry().with(layers.with_filter(filter));
    Ok((subscriber, Logging { _guards: guards }))
}

fn open(path: &Path) -> Result<File, TelemetryError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or(Ok(()), std::fs::create_dir_all);
    // Appending lets logrotate truncate the file in place.
    let file = folder.and_then(|()| OpenOptions::new().create(true).append(true).open(path));
    file.map_err(|reason| TelemetryError::File { path: path.to_path_buf(), reason })
}

/// Writes on a thread of its own. A full buffer makes the caller wait: a log with holes is worse than a slow one.
fn background(thread: &str, writer: impl io::Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default().lossy(false).thread_name(thread).finish(writer)
}

/// Whether a layer may colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paint {
    Plain,
    /// Unless `NO_COLOR` is set, which the library looks at itself.
    Colours,
}

fn layer<S>(
    writer: BoxMakeWriter,
    format: LogFormat,
    zone: Tz,
    paint: Paint,
) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = log_format::layer().with_writer(writer).with_timer(LocalTime(zone));
    let layer = match paint {
        Paint::Plain => layer.with_ansi(false),
        Paint::Colours => layer,
    };
    match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    }
}

/// The time of the zone of the settings, with its offset.
struct LocalTime(Tz);

impl FormatTime for LocalTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let now = clock::now().with_timezone(&self.0);
        write!(writer, "{}", now.format("%Y-%m-%dT%H:%M:%S%.3f%:z"))
    }
}

#[cfg(test)]
mod tests {
    use tracing::subscriber::with_default;

    use super::*;

    fn settings(file: Option<PathBuf>, format: LogFormat) -> LoggingSettings {
        LoggingSettings { level: "info,noisy=warn".into(), format, file }
    }

    /// The lines of the file after something was logged.
    fn logged(format: LogFormat, console: Console) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/application.log");
        let settings = settings(Some(path.clone()), format);
        let zone = chrono_tz::Asia::Seoul;
        let (subscriber, logging) = build(&settings, zone, console, io::sink()).unwrap();
        with_default(subscriber, || {
            tracing::info!(target: "DeliveryStatusScheduler", { order.id = 1 }, "배송 시작 orderId=1");
            tracing::debug!("not asked for");
            tracing::info!(target: "noisy", "not asked for");
            tracing::info_span!("request", id = 7)
                .in_scope(|| tracing::warn!(target: "noisy", "late"));
        });
        drop(logging);
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn text_lines_carry_time_level_target_and_sentence() {
        for console in [Console::Stream, Console::Terminal] {
            let lines = logged(LogFormat::Text, console);
            assert_eq!(lines.len(), 2, "{lines:?}");
            let (time, rest) = lines[0].split_once(' ').unwrap();
            assert!(time.ends_with("+09:00") && time.contains('T'), "{time}");
            assert_eq!(rest.trim(), "INFO DeliveryStatusScheduler: 배송 시작 orderId=1 order.id=1");
            assert!(lines[1].ends_with("WARN request{id=7}: noisy: late"), "{lines:?}");
        }
    }

    #[test]
    fn json_lines_are_one_object_each() {
        let lines = logged(LogFormat::Json, Console::Stream);
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(line["target"], "DeliveryStatusScheduler");
        assert_eq!(line["message"], "배송 시작 orderId=1");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["order.id"], 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_one_clear_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("logs");
        std::fs::write(&file, "a file where a folder should be").unwrap();
        let path = file.join("application.log");
        let settings = settings(Some(path.clone()), LogFormat::Text);
        let result = build(&settings, Tz::UTC, Console::Stream, io::sink());
        let error = result.err().expect("no log").to_string();
        assert!(error.starts_with(&format!("the log file {} cannot", path.display())), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
}
