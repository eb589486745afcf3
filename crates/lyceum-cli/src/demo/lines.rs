//! One plain line for each round, for pipes: `name=value`, always in the same order.

use super::reading::{Figures, Interface, Reading};
use super::summary::Report;
use super::units::{bytes, plain};

/// Returns a round as a line.
pub(crate) fn round(report: &Report) -> String {
    let mut line = format!("at={:.0}", report.at);
    for reading in &report.readings {
        line.push(' ');
        line.push_str(&fields(reading));
    }
    let raised: Vec<_> = report.raised.iter().map(|alarm| alarm.source.as_str()).collect();
    let alarms = if raised.is_empty() { "none".into() } else { raised.join(",") };
    format!("{line} alarms={alarms} agents={} messages={}", report.agents.len(), report.messages())
}

/// Returns what a source has to say; its first field goes by its name.
fn fields(reading: &Reading) -> String {
    let source = reading.source;
    match &reading.figures {
        Figures::Cpu(cpu) => {
            let cores: Vec<_> = cpu.cores.iter().map(|core| format!("{core:.1}%")).collect();
            format!("{source}={:.1}% cores={}", cpu.percent, cores.join(","))
        }
        Figures::Memory(_) | Figures::Disks(_) => {
            format!("{source}={:.1}%", reading.level().unwrap_or_default())
        }
        Figures::Load(load) => {
            format!("{source}={:.2},{:.2},{:.2}", load.one, load.five, load.fifteen)
        }
        Figures::Network(interfaces) => {
            let sum = |of: fn(&Interface) -> f64| speed(interfaces.iter().map(of).sum());
            let received = sum(|interface| interface.received_bytes_per_second);
            let sent = sum(|interface| interface.sent_bytes_per_second);
            format!("{source}=in:{received},out:{sent}")
        }
        Figures::Processes(processes) => {
            let busiest = processes.busiest.first();
            let busiest = busiest.map_or_else(String::new, |process| {
                format!(" busiest={}", value(&format!("{}:{:.1}%", process.name, process.percent)))
            });
            format!("{source}={}{busiest}", processes.count)
        }
        Figures::NotAvailable(why) => {
            format!("{source}={}", value(&format!("not available: {why}")))
        }
    }
}

fn speed(rate: f64) -> String {
    bytes(rate).replace(' ', "") + "/s"
}

/// Returns a value, in quotes where it would not stay one word.
fn value(text: &str) -> String {
    let text = plain(text);
    let is_word = !text.contains([' ', '"', '=']);
    if is_word { text } else { format!("\"{}\"", text.replace('"', "'")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::table::sample;

    #[test]
    fn line_has_every_source_by_its_name() {
        assert_eq!(
            round(&sample::report()),
            "at=2026-11-21T09:06:26Z cpu=12.5% cores=14.0%,11.0% memory=25.0% disks=70.0% \
             load=\"not available: the system does not tell: No such file\" \
             network=in:1.2KiB/s,out:300B/s processes=112 busiest=\"web server:98.0%\" \
             alarms=cpu agents=3 messages=132"
        );
    }
}
