//! Numbers with units, short enough for a table.

/// Returns an amount of bytes: `999 B`, `1.2 KiB`, `23.5 GiB`.
pub(crate) fn bytes(amount: f64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if amount < 1_000.0 {
        return format!("{amount:.0} B");
    }
    let mut amount = amount / 1024.0;
    let mut unit = 0;
    // What would be rounded to four digits goes to the next unit.
    while amount >= 999.95 && unit + 1 < units.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.1} {}", units[unit])
}

/// Returns `1 agent`, `2 agents`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// Returns a text from outside without what a terminal would take for an order.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_at_most_three_digits_before_the_point() {
        assert_eq!(bytes(0.0), "0 B");
        assert_eq!(bytes(999.0), "999 B");
        assert_eq!(bytes(1_000.0), "1.0 KiB");
        assert_eq!(bytes(999.9 * 1024.0), "999.9 KiB");
        assert_eq!(bytes(1_023_999.0), "1.0 MiB");
        assert_eq!(bytes(25.0 * 1024.0 * 1024.0 * 1024.0), "25.0 GiB");
    }

    #[test]
    fn orders_to_the_terminal_are_taken_out() {
        assert_eq!(plain("evil\u{1b}[2Jname\n"), "evil?[2Jname?");
    }
}
