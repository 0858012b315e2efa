//! Names of the original system that this one does not read, with what to use instead.

/// Name of Spring, and our answer to it.
const SPRING: &[(&str, &str)] = &[
    ("SERVER_PORT", "set ORDERSYSTEM_SERVER_PORT"),
    ("SPRING_DATASOURCE_URL", "set DATABASE_URL (sqlite://PATH) or ORDERSYSTEM_DATABASE_URL"),
    ("SPRING_JPA_HIBERNATE_DDL_AUTO", "migrations run at every start"),
    (
        "SPRING_PROFILES_ACTIVE",
        "there are no profiles; each part follows its own setting, see `ordersystem config show --sources`",
    ),
];

/// One line for each such variable that is set.
pub(super) fn of(pairs: &[(String, String)]) -> Vec<String> {
    let set = |name: &str| pairs.iter().any(|(given, value)| given == name && !value.is_empty());
    SPRING
        .iter()
        .filter(|(name, _)| set(name))
        .map(|(name, instead)| format!("{name} is a name of Spring and is not read: {instead}"))
        .collect()
}
