//! Small pictures of numbers, made of letters.

const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const PARTS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// Returns a bar for a level of 0 to 100: what is filled, and what is not.
pub(crate) fn bar(level: f64, width: usize) -> (String, String) {
    let eighths = (level.clamp(0.0, 100.0) / 100.0 * width as f64 * 8.0).round() as usize;
    let mut filled = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        filled.push(PARTS[eighths % 8 - 1]);
    }
    let rest = width - eighths.div_ceil(8);
    (filled, "·".repeat(rest))
}

/// Returns the last levels as small columns, the newest at the right end.
pub(crate) fn sparkline(levels: &[f64], width: usize) -> String {
    let shown = &levels[levels.len().saturating_sub(width)..];
    let columns: String = shown.iter().map(|level| column(*level)).collect();
    " ".repeat(width - shown.len()) + &columns
}

fn column(level: f64) -> char {
    let step = level.clamp(0.0, 100.0) / 100.0 * 7.0;
    EIGHTHS[step.round() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bar_is_as_long_as_its_level() {
        assert_eq!(bar(0.0, 4), (String::new(), "····".into()));
        assert_eq!(bar(50.0, 4), ("██".into(), "··".into()));
        assert_eq!(bar(53.2, 4), ("██▏".into(), "·".into()));
        assert_eq!(bar(400.0, 4), ("████".into(), String::new()));
    }

    #[test]
    fn sparkline_ends_with_the_newest_level() {
        assert_eq!(sparkline(&[0.0, 50.0, 100.0], 5), "  ▁▅█");
        assert_eq!(sparkline(&[0.0, 50.0, 100.0], 2), "▅█");
    }
}
