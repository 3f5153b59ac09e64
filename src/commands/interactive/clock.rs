//! The time of day of a line.

use std::time::{SystemTime, UNIX_EPOCH};

/// Hours, minutes, seconds and milliseconds in UTC.
pub fn time_of_day(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}.{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, since.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_day_has_its_hours() {
        let moment = UNIX_EPOCH + Duration::from_millis(86_400_000 * 3 + 45_296_007);
        assert_eq!(time_of_day(moment), "12:34:56.007");
    }
}
