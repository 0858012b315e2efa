//! The layer of the environment.

use super::given::{Collected, Origin, nearest};
use super::problem::Problem;
use super::table::{Row, TABLE};

/// The variable that names the settings file, as `--config` does.
pub const FILE_VARIABLE: &str = "ORDERSYSTEM_CONFIG";

const OURS: &str = "ORDERSYSTEM_";

/// Collects every value and every mistake of the environment.
pub(super) fn read(pairs: &[(String, String)], into: &mut Collected) {
    for (name, value) in pairs {
        match TABLE.iter().find_map(|row| origin_in(row, name).map(|origin| (row, origin))) {
            // Compose passes an unset variable on as an empty one; for a name that is not ours this means unset.
            Some((_, Origin::Alias(_))) if value.is_empty() => {}
            Some((row, origin)) => into.give(row, value, origin),
            None if is_foreign(name, value) => {}
            None => into.complain(unknown(name)),
        }
    }
}

fn origin_in(row: &Row, name: &str) -> Option<Origin> {
    match row.alias {
        Some(alias) if alias == name => Some(Origin::Alias(alias)),
        _ if row.variable() == name || row.sectioned_variable() == name => {
            Some(Origin::Variable(name.to_owned()))
        }
        _ => None,
    }
}

fn unknown(name: &str) -> Problem {
    let words = name.trim_start_matches(OURS).replace("__", "_");
    let suggestion = nearest(words.trim_start_matches('_')).map(Row::variable);
    Problem::unknown(format!("variable {name}"), suggestion)
}

/// Whether the variable is none of ours, even if it looks so: Kubernetes announces a service that is called
/// `ordersystem` to every pod beside it in these very names.
fn is_foreign(name: &str, value: &str) -> bool {
    let Some(rest) = name.strip_prefix(OURS) else {
        return true;
    };
    let announced = rest == "SERVICE_HOST" || rest.starts_with("SERVICE_PORT");
    let address = (rest == "PORT" || rest.starts_with("PORT_"))
        && ["tcp://", "udp://"].iter().any(|scheme| value.starts_with(scheme));
    let part = rest.strip_prefix("PORT_").is_some_and(|rest| {
        let number = rest.split('_').next().unwrap_or_default();
        number.parse::<u16>().is_ok()
    });
    announced || address || part || name == FILE_VARIABLE
}
