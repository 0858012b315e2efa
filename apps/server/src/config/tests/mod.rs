//! Given texts, when resolved, then settings or complaints.

mod complaints;
mod documents;
mod layers;

use super::{FileText, Flag, Inputs, Resolved, resolve};

/// A settings file, variables and `--set` arguments.
#[derive(Default, Clone, Copy)]
struct Case<'a> {
    file: &'a str,
    environment: &'a [(&'a str, &'a str)],
    sets: &'a [&'a str],
}

impl Case<'_> {
    fn inputs(&self) -> Inputs {
        let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        Inputs {
            file: (!self.file.is_empty())
                .then(|| FileText { name: "o.toml".into(), text: self.file.into() }),
            environment: self.environment.iter().map(owned).collect(),
            flags: self.sets.iter().map(|pair| Flag::Set(pair.to_string())).collect(),
        }
    }

    #[track_caller]
    fn resolved(&self) -> Resolved {
        resolve(&self.inputs()).unwrap_or_else(|problems| panic!("{problems}"))
    }

    #[track_caller]
    fn complaints(&self) -> Vec<String> {
        let problems = resolve(&self.inputs()).expect_err("complaints").problems;
        problems.iter().map(ToString::to_string).collect()
    }
}

fn environment<'a>(environment: &'a [(&'a str, &'a str)]) -> Case<'a> {
    Case { environment, ..Case::default() }
}

fn file(file: &str) -> Case<'_> {
    Case { file, ..Case::default() }
}

fn sets<'a>(sets: &'a [&'a str]) -> Case<'a> {
    Case { sets, ..Case::default() }
}
