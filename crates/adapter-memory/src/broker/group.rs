use super::PARTITIONS;
use super::log::START;

/// A consumer group on one topic: how far it is, and who reads which partition.
#[derive(Debug)]
pub(super) struct Group {
    /// The last offset that was handled, per partition.
    pub(super) committed: [i64; PARTITIONS],
    /// Raised whenever partitions are dealt out anew.
    pub(super) generation: u64,
    members: Vec<u64>,
}

impl Default for Group {
    fn default() -> Self {
        Self { committed: [START; PARTITIONS], generation: 0, members: Vec::new() }
    }
}

impl Group {
    /// Deals the partitions out anew; the generation doubles as the new member's name.
    pub(super) fn join(&mut self) -> u64 {
        self.generation += 1;
        self.members.push(self.generation);
        self.generation
    }

    pub(super) fn leave(&mut self, member: u64) {
        self.generation += 1;
        self.members.retain(|other| *other != member);
    }

    /// Which partitions the member reads, round robin in the order of joining.
    pub(super) fn assigned(&self, member: u64) -> [bool; PARTITIONS] {
        let seat = self.members.iter().position(|other| *other == member);
        let mut assigned = [false; PARTITIONS];
        for (partition, mine) in assigned.iter_mut().enumerate() {
            *mine = seat.is_some_and(|seat| partition % self.members.len() == seat);
        }
        assigned
    }

    /// What any member has handled is handled, also when its partition moved on meanwhile: each reads without gaps from
    /// what was committed before.
    pub(super) fn commit(&mut self, handled: &[i64; PARTITIONS]) {
        for (committed, handled) in self.committed.iter_mut().zip(handled) {
            *committed = (*committed).max(*handled);
        }
    }
}
