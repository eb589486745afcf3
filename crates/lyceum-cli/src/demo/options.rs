//! What the user can set.

use std::time::Duration;

use clap::Args;
use lyceum::manager::parse_span;

use super::monitor::Limits;
use super::reading::SourceName;

/// What the user can set.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Ends after this time, such as 500ms, 10s or 1m30s; without it, Ctrl-C ends
    #[arg(long = "for", value_name = "TIME", value_parser = parse_span, allow_hyphen_values = true)]
    pub(crate) time: Option<Duration>,

    /// Shows what is new each time
    #[arg(
        long,
        value_name = "TIME",
        default_value = "1s",
        value_parser = parse_span,
        allow_hyphen_values = true
    )]
    pub(crate) every: Duration,

    /// Prints one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,

    /// Lets other terminals watch and steer, as in tcp://127.0.0.1:5555; port 0 takes a free one
    #[arg(long, value_name = "URL")]
    pub(crate) listen: Option<String>,

    /// Lets in only who shows this secret; the environment is the better place for it, since others
    /// can see command lines
    #[arg(long, value_name = "SECRET", env = "LYCEUM_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,

    /// Raises an alarm when the processor is this busy
    #[arg(long, value_name = "PERCENT", default_value = "90", value_parser = percent)]
    cpu_alarm: f64,

    /// Raises an alarm when memory is this full
    #[arg(long, value_name = "PERCENT", default_value = "90", value_parser = percent)]
    memory_alarm: f64,

    /// Raises an alarm when a disk is this full
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = percent)]
    disk_alarm: f64,

    /// Raises an alarm at this load; one process for each core is 100
    #[arg(long, value_name = "PERCENT", default_value = "200", value_parser = percent)]
    load_alarm: f64,
}

impl Options {
    /// Returns up to which level each source may go.
    pub(crate) fn limits(&self) -> Limits {
        Limits::from([
            (SourceName::Cpu, self.cpu_alarm),
            (SourceName::Memory, self.memory_alarm),
            (SourceName::Disks, self.disk_alarm),
            (SourceName::Load, self.load_alarm),
        ])
    }
}

/// Parses a percentage, which a load can carry far above 100.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<f64>().ok();
    let number = number.filter(|number| (0.1..=10_000.0).contains(number));
    number.ok_or_else(|| "expected a number of percent above 0, such as 90".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_positive_numbers() {
        assert_eq!(percent("90"), Ok(90.0));
        assert_eq!(percent("2.5%"), Ok(2.5));
        for text in ["", "much", "0", "-1", "NaN", "inf", "1e9"] {
            assert!(percent(text).is_err(), "{text:?}");
        }
    }
}
