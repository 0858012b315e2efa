use ordersystem_invariants::{Books, OutboxEntry};

use super::MemoryStore;

impl MemoryStore {
    /// Shows all rows at one moment; nothing is committed meanwhile.
    pub fn look<T>(&self, look: impl FnOnce(&Books<'_>) -> T) -> T {
        let now = self.now();
        let tables = self.tables();
        let outbox = tables
            .outbox
            .values()
            .map(|row| OutboxEntry { message: &row.message, published_at: row.published_at });
        look(&Books {
            now,
            orders: &tables.orders,
            history: &tables.history,
            reservations: &tables.reservations,
            payments: &tables.payments,
            deliveries: &tables.deliveries,
            levels: &tables.levels,
            ledger: &tables.ledger,
            outbox: outbox.collect(),
            dead_letters: &tables.dead_letters,
        })
    }

    /// The invariants that every committed state keeps and this one breaks, worded for people.
    pub fn audit(&self) -> Vec<String> {
        let findings = self.look(|books| books.check());
        let broken = findings.iter().filter(|it| it.is_a_bug());
        broken.map(ToString::to_string).collect()
    }
}
