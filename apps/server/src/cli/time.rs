use chrono::SecondsFormat;
use chrono_tz::Tz;
use ordersystem_shared_kernel::Timestamp;

/// On the clocks of `zone`, as people read it.
pub(super) fn clock_time(moment: Timestamp, zone: Tz) -> String {
    moment.in_zone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// On the clocks of `zone`, as programs read it: exact, and with what the zone adds to UTC.
pub(super) fn zoned_time(moment: Timestamp, zone: Tz) -> String {
    moment.in_zone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
