//! The table as text: `config show`, `config example` and the reference in the README.

use std::fmt::Write as _;

use super::given::Given;
use super::table::{Row, TABLE};

/// Whether `config show` says where each value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sources {
    /// Values only.
    Hidden,
    /// Each value with its origin.
    Shown,
}

/// The values that are in effect, as TOML with full names.
pub fn show(effective: &[Given], sources: Sources) -> String {
    let lines: Vec<_> = effective.iter().map(|given| (assignment(given), given)).collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0);
    lines.iter().fold(String::new(), |mut text, (line, given)| {
        let _infallible = match sources {
            Sources::Hidden => writeln!(text, "{line}"),
            Sources::Shown => {
                let gap = width.saturating_sub(line.chars().count());
                writeln!(text, "{line}{:gap$}  # {}", "", given.origin)
            }
        };
        text
    })
}

fn assignment(given: &Given) -> String {
    format!("{} = {}", given.row.name(), given.row.kind.literal(&given.shown()))
}

/// A settings file with every setting in it, each commented out at its default. A line that starts with `#`
/// and no blank is a setting; the others are prose.
pub fn example() -> String {
    let mut text = String::from(
        "# Settings of the order system. Remove the # in front of a line to change its value.\n\
         # The environment wins over this file, flags win over both.\n",
    );
    let mut section = None;
    for row in TABLE {
        if section.replace(row.section()) != Some(row.section()) {
            let path = format!("ordersystem.{}", row.section());
            text.extend(["\n[", path.trim_end_matches('.'), "]\n"]);
        }
        text.extend(["# ", row.doc, ".\n# Allowed: ", &row.kind.allowed(), ".\n"]);
        text.extend(["#", row.key(), " = ", &row.kind.literal(row.default), "\n"]);
    }
    text
}

/// Every setting as a Markdown table.
pub fn reference() -> String {
    let mut text = String::from(
        "| Setting | Default | Allowed | Environment, flag | What it does |\n|---|---|---|---|---|\n",
    );
    for row in TABLE {
        let default = if row.default.is_empty() { "–".to_owned() } else { code(row.default) };
        let cells = [code(&row.name()), default, row.kind.allowed().into_owned(), names(row)];
        for cell in cells.iter().map(String::as_str).chain([row.doc]) {
            text.extend(["| ", &cell.replace('|', "\\|"), " "]);
        }
        text.push_str("|\n");
    }
    text
}

fn names(row: &Row) -> String {
    let flag = row.flag.map(|flag| format!("--{flag}"));
    let all = [row.alias.map(str::to_owned), Some(row.variable()), flag];
    all.iter().flatten().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}

fn code(text: &str) -> String {
    format!("`{text}`")
}
