//! A made-up report for tests.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::demo::historian::{AlarmLog, Levels};
use crate::demo::monitor::{Alarm, Limits, Turn};
use crate::demo::reading::{
    CpuUse, Disk, Figures, Interface, MemoryUse, Process, ProcessList, Reading, SourceName,
};
use crate::demo::sensor::Missing;
use crate::demo::summary::{AgentReport, Report};

/// Returns a report of a machine that tells everything but its load.
pub(crate) fn report() -> Report {
    let at = "2026-11-21T09:06:26.5Z".parse().expect("it is a date");
    let reading = |source, figures| Reading::new(source, at, figures);
    let alarm = Alarm { source: SourceName::Cpu, at, turn: Turn::Raised, level: 12.5, limit: 10.0 };
    let agent = |name: &str| AgentReport {
        name: name.into(),
        kind: "Agent".into(),
        handled: 44,
        failed: 0,
        queued: 0,
    };
    Report {
        at,
        age: Duration::from_secs(7),
        readings: vec![
            reading(SourceName::Cpu, Ok(cpu())),
            reading(SourceName::Memory, Ok(memory())),
            reading(SourceName::Disks, Ok(disks())),
            reading(SourceName::Load, Err(no_load())),
            reading(SourceName::Network, Ok(network())),
            reading(SourceName::Processes, Ok(processes())),
        ],
        levels: Levels::from([(SourceName::Cpu, vec![1.0, 5.0, 12.5])]),
        limits: Limits::from([(SourceName::Cpu, 10.0)]),
        raised: vec![alarm.clone()],
        log: AlarmLog { raised: 1, last: vec![alarm] },
        topics: BTreeMap::from([("alarm.cpu".into(), 1), ("reading.cpu".into(), 7)]),
        agents: ["cpu", "memory", "monitor"].map(agent).to_vec(),
    }
}

fn cpu() -> Figures {
    Figures::Cpu(CpuUse { percent: 12.5, cores: vec![14.0, 11.0] })
}

fn memory() -> Figures {
    Figures::Memory(MemoryUse {
        used_bytes: 1 << 30,
        total_bytes: 4 << 30,
        swap_used_bytes: 0,
        swap_total_bytes: 0,
    })
}

fn disks() -> Figures {
    Figures::Disks(vec![Disk { mount: "/".into(), free_bytes: 30 << 30, total_bytes: 100 << 30 }])
}

fn network() -> Figures {
    Figures::Network(vec![Interface {
        name: "eth0".into(),
        received_bytes_per_second: 1_228.0,
        sent_bytes_per_second: 300.0,
    }])
}

fn processes() -> Figures {
    let name = "web server".into();
    let process = Process { id: 7, name, percent: 98.0, memory_bytes: 5 << 20 };
    Figures::Processes(ProcessList { count: 112, busiest: vec![process] })
}

fn no_load() -> Missing {
    sysinfo::Error::Other("No such file".into()).into()
}
