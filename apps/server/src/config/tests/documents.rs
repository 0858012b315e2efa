use std::collections::BTreeSet;

use super::super::{Sources, TABLE, example, reference, show};
use super::*;

#[test]
fn every_default_passes_its_own_rule() {
    for row in TABLE {
        assert!(row.kind.parse(row.default).is_ok(), "{}", row.name());
        assert!(!row.doc.is_empty() && !row.doc.ends_with('.'), "{}", row.name());
    }
}

#[test]
fn no_two_settings_share_a_name() {
    let names = |row: &'static super::super::Row| {
        let alias = row.alias.map(str::to_owned);
        let flag = row.flag.map(|flag| format!("--{flag}"));
        [row.variable(), row.sectioned_variable(), row.name()].into_iter().chain(alias).chain(flag)
    };
    let all: Vec<_> = TABLE.iter().flat_map(names).collect();
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(all.len(), distinct.len());
}

#[test]
fn the_example_changes_nothing_and_uncommented_says_what_is_the_default() {
    let untouched = file(&example()).resolved();
    assert_eq!(untouched.settings, Case::default().resolved().settings);

    let uncommented: String = example()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let resolved = file(&uncommented).resolved();
    assert_eq!(resolved.settings, Case::default().resolved().settings);
    for given in &resolved.effective {
        assert!(given.origin.to_string().starts_with("o.toml:"), "{}", given.row.name());
        assert_eq!(given.raw, given.row.default, "{}", given.row.name());
    }
}

#[test]
fn what_is_shown_can_be_read_again() {
    let case = Case {
        environment: &[("ORDERSYSTEM_DELIVERY_DEFAULT_COURIER", "한진 \"빠른\" 택배")],
        sets: &["http.cors-allowed-origins=https://a.example,https://b.example", "logging.file="],
        ..Case::default()
    };
    let resolved = case.resolved();
    for sources in [Sources::Hidden, Sources::Shown] {
        let again = file(&show(&resolved.effective, sources)).resolved();
        assert_eq!(again.settings, resolved.settings);
    }
}

#[test]
fn sources_stand_beside_the_values() {
    let case = Case {
        file: "[ordersystem]\ntimezone = \"UTC\"",
        environment: &[("DATABASE_URL", "sqlite::memory:")],
        sets: &["server.port=1"],
    };
    let shown = show(&case.resolved().effective, Sources::Shown);
    let lines: Vec<_> =
        shown.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(lines.contains(&"ordersystem.timezone = \"UTC\" # o.toml:2".to_owned()), "{shown}");
    assert!(lines.contains(&"ordersystem.server.port = 1 # --set".to_owned()), "{shown}");
    assert!(
        lines.contains(&"ordersystem.database.url = \"sqlite::memory:\" # DATABASE_URL".to_owned()),
        "{shown}"
    );
    assert_eq!(lines.len(), TABLE.len());
}

#[test]
fn the_reference_has_a_line_for_every_setting() {
    let reference = reference();
    assert_eq!(reference.lines().count(), TABLE.len() + 2);
    insta::assert_snapshot!(reference.lines().find(|l| l.contains("server.port`")).unwrap(), @"| `ordersystem.server.port` | `8080` | a whole number from 0 to 65535 | `ORDERSYSTEM_SERVER_PORT`, `--port` | Port to listen on; 0 takes any free one |");
}
