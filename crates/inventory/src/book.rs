use std::collections::BTreeMap;

use ordersystem_shared_kernel::{OrderId, ProductId};

use crate::{
    HoldExtension, LedgerEntry, MoveKind, Reservation, ReservationState, StockError, StockLevel,
    StockMove,
};

/// The stock rows that a batch of moves needs, loaded and locked by a store. Moves are applied one unit after another, as
/// if each were alone; what was refused leaves no trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockBook {
    levels: BTreeMap<ProductId, Option<StockLevel>>,
    reservations: BTreeMap<(OrderId, ProductId), Reservation>,
}

/// What one unit's moves did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Booked {
    /// One row per move on a managed product.
    pub ledger: Vec<LedgerEntry>,
    /// Holds that were made or resolved, in their new state.
    pub reservations: Vec<Reservation>,
}

impl StockBook {
    /// Adds a managed product's level.
    pub fn put_level(&mut self, level: StockLevel) {
        self.levels.insert(level.product, Some(level));
    }

    /// Adds a product whose stock is not managed: its holds are kept, its counters do not exist.
    pub fn put_unmanaged(&mut self, product: ProductId) {
        self.levels.insert(product, None);
    }

    /// Adds an existing hold.
    pub fn put_reservation(&mut self, reservation: Reservation) {
        self.reservations.insert((reservation.order, reservation.product), reservation);
    }

    /// The present level; none when the product is not managed or was not loaded.
    pub fn level(&self, product: ProductId) -> Option<StockLevel> {
        self.levels.get(&product).copied().flatten()
    }

    /// Applies all moves or none.
    ///
    /// # Errors
    /// The first move's [`StockError`] that makes the whole unit impossible; the book is as before.
    pub fn apply(&mut self, moves: &[StockMove]) -> Result<Booked, StockError> {
        let mut undo = Undo::default();
        let mut booked = Booked::default();
        for movement in moves {
            if let Err(error) = self.apply_one(movement, &mut undo, &mut booked) {
                undo.roll_back(self);
                return Err(error);
            }
        }
        Ok(booked)
    }

    /// The holds with more time, for [`Self::put_reservation`]; the book is as before.
    ///
    /// # Errors
    /// [`StockError::NotHeld`] when one of them was resolved before or never made.
    pub fn extended(&self, extensions: &[HoldExtension]) -> Result<Vec<Reservation>, StockError> {
        let extended = extensions.iter().map(|HoldExtension { order, product, until }| {
            let hold = self.reservations.get(&(*order, *product));
            hold.ok_or(StockError::NotHeld { product: *product })?.extend(*until)
        });
        extended.collect()
    }

    fn apply_one(
        &mut self,
        movement: &StockMove,
        undo: &mut Undo,
        booked: &mut Booked,
    ) -> Result<(), StockError> {
        let product = movement.product;
        let reservation = self.resolved(movement)?;
        let known = self.levels.get_mut(&product).ok_or(StockError::NotManaged { product })?;
        match (known, &movement.kind) {
            (Some(level), _) => {
                let before = *level;
                booked.ledger.push(level.apply(movement)?);
                undo.levels.push(before);
            }
            (None, MoveKind::Adjust { .. }) => return Err(StockError::NotManaged { product }),
            (None, _) => {}
        }
        if let Some(reservation) = reservation {
            let key = (reservation.order, product);
            undo.reservations.push((key, self.reservations.insert(key, reservation)));
            booked.reservations.push(reservation);
        }
        Ok(())
    }

    fn resolved(&self, movement: &StockMove) -> Result<Option<Reservation>, StockError> {
        let product = movement.product;
        let Some(order) = movement.kind.order() else { return Ok(None) };
        let present = self.reservations.get(&(order, product));
        match (present, &movement.kind) {
            (None, MoveKind::Reserve { quantity, until, .. }) => Ok(Some(Reservation {
                order,
                product,
                quantity: *quantity,
                state: ReservationState::Held,
                expires_at: *until,
            })),
            (Some(reservation), kind) => reservation.resolve(kind).map(Some),
            (None, _) => Err(StockError::NotHeld { product }),
        }
    }
}

/// What [`StockBook::apply`] overwrote, oldest first.
#[derive(Default)]
struct Undo {
    levels: Vec<StockLevel>,
    reservations: Vec<((OrderId, ProductId), Option<Reservation>)>,
}

impl Undo {
    fn roll_back(self, book: &mut StockBook) {
        for level in self.levels.into_iter().rev() {
            book.put_level(level);
        }
        for (key, before) in self.reservations.into_iter().rev() {
            match before {
                Some(reservation) => book.put_reservation(reservation),
                None => drop(book.reservations.remove(&key)),
            }
        }
    }
}
