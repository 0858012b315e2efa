//! The layer of the TOML file.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::given::{Collected, Origin, nearest, path_of};
use super::kind::Kind;
use super::problem::Problem;
use super::table::{self, PREFIX};

/// A settings file that was read from somewhere.
#[derive(Debug, Clone)]
pub struct FileText {
    /// How to name it in messages.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// Collects every value and every mistake of the file.
pub(super) fn read(file: &FileText, into: &mut Collected) {
    let (root, errors) = DeTable::parse_recoverable(&file.text);
    for error in &errors {
        let line = file.line_at(error.span().map_or(0, |span| span.start));
        let message = error.message().lines().next().unwrap_or_default();
        into.complain(Problem::new(
            format!("{}:{line}", file.name),
            format!("is not TOML: {message}"),
        ));
    }
    // What was recovered from a broken file may stand in the wrong section; the rest would be noise.
    if errors.is_empty() {
        Reader { file, into }.table(root.get_ref(), "");
    }
}

impl FileText {
    fn line_at(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }
}

struct Reader<'a> {
    file: &'a FileText,
    into: &'a mut Collected,
}

impl Reader<'_> {
    /// `name` is where we are, as the user wrote it, with a dot at its end unless empty.
    fn table(&mut self, table: &DeTable<'_>, name: &str) {
        for (key, value) in table {
            let name = format!("{name}{}", key.get_ref());
            let origin = Origin::File {
                name: self.file.name.clone(),
                line: self.file.line_at(key.span().start),
            };
            self.entry(&name, value, origin);
        }
    }

    fn entry(&mut self, name: &str, value: &Spanned<DeValue<'_>>, origin: Origin) {
        // Without its prefix a name is as unknown as any other, however well the rest fits.
        let path = name.starts_with(PREFIX).then(|| path_of(name));
        let row = path.as_deref().and_then(table::find);
        match (row, value.get_ref()) {
            (Some(row), DeValue::Table(_)) => {
                self.into
                    .complain(Problem::new(row.name(), "is a value, not a section").at(&origin));
            }
            (Some(row), value) => self.into.give(row, raw(&row.kind, value), origin),
            (None, DeValue::Table(inner)) if !inner.is_empty() => {
                self.table(inner, &format!("{name}."));
            }
            (None, DeValue::Table(_)) if self.is_section(name) => {}
            (None, _) if self.is_section(name) => {
                self.into.complain(Problem::new(name, "is a section, not a value").at(&origin));
            }
            (None, _) => {
                let suggestion = nearest(&path_of(name)).map(table::Row::name);
                self.into.complain(Problem::unknown(name, suggestion).at(&origin));
            }
        }
    }

    fn is_section(&self, name: &str) -> bool {
        format!("{name}.") == PREFIX || table::is_section(&path_of(name))
    }
}

/// The value as it would stand in a variable. An array where none belongs keeps its brackets, which no other
/// kind takes.
fn raw(kind: &Kind, value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| number.to_string(), |number| number.to_string()),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(yes) => yes.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| raw(kind, item.get_ref())).collect();
            if kind.is_list() { items.join(",") } else { format!("[{}]", items.join(", ")) }
        }
        DeValue::Table(_) => "{…}".to_owned(),
    }
}
