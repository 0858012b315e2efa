//! Which migrations there are, in either database.

use diesel::backend::Backend;
use diesel::migration::MigrationSource;

use crate::OpenError;

/// One migration that this program knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// For example `2026-11-22-000000_initial`.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// All that this program knows, oldest first.
pub(crate) struct Known(Vec<KnownMigration>);

struct KnownMigration {
    name: String,
    version: String,
}

impl Known {
    pub(crate) fn in_order<DB: Backend>(
        source: &impl MigrationSource<DB>,
    ) -> Result<Self, OpenError> {
        let known = source.migrations().map_err(OpenError::migration)?;
        let known = known.iter().map(|migration| KnownMigration {
            name: migration.name().to_string(),
            version: migration.name().version().to_string(),
        });
        let mut known: Vec<KnownMigration> = known.collect();
        known.sort_by(|one, other| one.version.cmp(&other.version));
        Ok(Self(known))
    }

    /// What the database has of it; refuses one that has more.
    pub(crate) fn states(&self, applied: &[String]) -> Result<Vec<MigrationState>, OpenError> {
        let is_known =
            |version: &&String| self.0.iter().any(|migration| migration.version == **version);
        if let Some(version) = applied.iter().rfind(|version| !is_known(version)) {
            return Err(OpenError::NewerSchema { version: version.clone() });
        }
        let states = self.0.iter().map(|migration| MigrationState {
            name: migration.name.clone(),
            applied: applied.contains(&migration.version),
        });
        Ok(states.collect())
    }

    /// The names of what the database lacks.
    pub(crate) fn pending(&self, applied: &[String]) -> Result<Vec<String>, OpenError> {
        let states = self.states(applied)?.into_iter();
        Ok(states.filter(|state| !state.applied).map(|state| state.name).collect())
    }
}
