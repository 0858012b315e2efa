//! What processes cost, read from /proc. Where there is none (anything but Linux) nothing is known.

use std::collections::BTreeMap;
use std::fs;

use crate::number::float;

/// What the kernel says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    pid: u32,
    parent: u32,
    /// Ticks of its own.
    own: u64,
    /// Ticks of children that have ended.
    ended: u64,
}

/// Fields 4, 14 to 17 of /proc/PID/stat; the name in field 2 may hold anything, spaces and parentheses too.
fn parse_stat(text: &str) -> Option<Stat> {
    let (pid, rest) = text.split_once(' ')?;
    let (_, fields) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Stat {
        pid: pid.parse().ok()?,
        parent: fields.get(1)?.parse().ok()?,
        own: ticks(14)? + ticks(15)?,
        ended: ticks(16)? + ticks(17)?,
    })
}

/// A tick of /proc: 10 ms on every Linux, whatever the kernel's own clock does.
const MICROS_PER_TICK: f64 = 10_000.0;

/// CPU time of a process with its children, running and ended, in microseconds.
pub fn cpu_micros(pid: u32) -> Option<f64> {
    tree_ticks(pid, &all_stats()).map(|ticks| float(ticks) * MICROS_PER_TICK)
}

fn all_stats() -> Vec<Stat> {
    let Ok(folders) = fs::read_dir("/proc") else { return Vec::new() };
    let pids =
        folders.flatten().filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?))
        .collect()
}

fn tree_ticks(root: u32, stats: &[Stat]) -> Option<u64> {
    let mut children: BTreeMap<u32, Vec<&Stat>> = BTreeMap::new();
    for stat in stats {
        children.entry(stat.parent).or_default().push(stat);
    }
    let mut waiting = vec![stats.iter().find(|stat| stat.pid == root)?];
    let mut sum = 0;
    while let Some(stat) = waiting.pop() {
        sum += stat.own + stat.ended;
        waiting.extend(children.get(&stat.pid).into_iter().flatten());
    }
    Some(sum)
}

/// Resident memory of one process in bytes.
pub fn resident_bytes(pid: u32) -> Option<u64> {
    parse_resident(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn parse_resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Whose CPU time is told apart in a report, and which processes they are.
#[derive(Debug, Clone)]
pub struct Watched(Vec<(&'static str, u32)>);

impl Watched {
    /// The server, its engines, and this process.
    pub fn new(server: Option<u32>, engines: Vec<(&'static str, u32)>) -> Self {
        let server = server.map(|pid| ("server", pid));
        let client = [("client", std::process::id())];
        Self(server.into_iter().chain(engines).chain(client).collect())
    }

    /// What each has used so far, in microseconds. What this process starts does not belong to it.
    pub fn used(&self) -> BTreeMap<String, f64> {
        let stats = all_stats();
        let used = self.0.iter().filter_map(|(name, pid)| {
            let ticks = match *name {
                "client" => stats.iter().find(|stat| stat.pid == *pid)?.own,
                _ => tree_ticks(*pid, &stats)?,
            };
            Some(((*name).to_owned(), float(ticks) * MICROS_PER_TICK))
        });
        used.collect()
    }
}

/// What was used in between, per visit.
pub fn per_visit(
    before: &BTreeMap<String, f64>,
    after: &BTreeMap<String, f64>,
    visits: u64,
) -> BTreeMap<String, f64> {
    let visits = float(visits.max(1));
    let used = after.iter().filter_map(|(name, after)| {
        Some((name.clone(), (after - before.get(name)?).max(0.0) / visits))
    });
    used.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let text = "42 (a (b) c) S 7 42 42 0 -1 4194560 10 0 0 0 100 20 30 4 20 0 9 0 5 6 7";
        let stat = Stat { pid: 42, parent: 7, own: 120, ended: 34 };
        assert_eq!(parse_stat(text), Some(stat));
        assert_eq!(parse_stat("42 (short) S 7"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn a_tree_has_all_its_children() {
        let stat = |pid, parent, own, ended| Stat { pid, parent, own, ended };
        let stats = [stat(1, 0, 1, 0), stat(2, 1, 10, 5), stat(3, 2, 100, 0), stat(4, 1, 1000, 0)];
        assert_eq!(tree_ticks(2, &stats), Some(115));
        assert_eq!(tree_ticks(1, &stats), Some(1116));
        assert_eq!(tree_ticks(9, &stats), None);
    }

    #[test]
    fn memory_is_in_kilobytes() {
        assert_eq!(parse_resident("Name:\tx\nVmRSS:\t   2048 kB\n"), Some(2_097_152));
        assert_eq!(parse_resident("Name:\tx\n"), None);
    }

    #[test]
    fn usage_is_split_by_name() {
        let map = |pairs: &[(&str, f64)]| {
            pairs.iter().map(|(name, used)| ((*name).to_owned(), *used)).collect()
        };
        let before = map(&[("server", 100.0), ("gone", 5.0)]);
        let after = map(&[("server", 400.0), ("new", 7.0)]);
        assert_eq!(per_visit(&before, &after, 10), map(&[("server", 30.0)]));
    }
}
