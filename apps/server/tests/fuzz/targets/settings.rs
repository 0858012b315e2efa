//! Settings files and variables.

use ordersystem::config::{FileText, Inputs, Sources, resolve, show};

/// A TOML file; every line is a variable as well. What is wrong is named, what is right can be shown.
pub(crate) fn file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let variables = text.lines().filter_map(|line| line.split_once('='));
    let environment = variables.map(|(name, value)| (name.trim().to_owned(), value.to_owned()));
    let environment = environment.collect();
    let file = Some(FileText { name: "fuzz.toml".to_owned(), text });
    for inputs in
        [Inputs { file, ..Inputs::default() }, Inputs { environment, ..Inputs::default() }]
    {
        match resolve(&inputs) {
            Ok(resolved) => assert!(!show(&resolved.effective, Sources::Shown).is_empty()),
            Err(problems) => assert!(!problems.to_string().is_empty()),
        }
    }
}
