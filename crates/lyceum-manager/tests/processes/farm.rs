//! The example `farm`, and watching its processes.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use lyceum::manager::{Health, Manager};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Returns the example `farm`, which is built with these tests.
pub(crate) fn farm() -> PathBuf {
    let test = std::env::current_exe().expect("it runs");
    let built = test.parent().and_then(std::path::Path::parent).expect("it lies in `deps`");
    let farm = built.join("examples/farm");
    assert!(farm.exists(), "build it with `cargo build -p lyceum-manager --examples`");
    farm
}

pub(crate) fn pid(process: u32) -> Pid {
    Pid::from_raw(process.cast_signed()).expect("it is no zero")
}

/// Something that tells when a process ends, whoever its parent is.
pub(crate) fn watch(process: u32) -> OwnedFd {
    pidfd_open(pid(process), PidfdFlags::empty()).expect("it lives")
}

pub(crate) fn wait_for_end(process: &OwnedFd) {
    let limit = LONG.try_into().expect("it is short enough");
    let ended = poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit));
    assert_eq!(ended, Ok(1), "the process lives on");
}

/// Looks at an agent until it is as expected.
pub(crate) async fn until(
    manager: &Manager,
    name: &str,
    expected: impl Fn(&Health) -> bool,
) -> Health {
    let look = async {
        loop {
            let health = manager.health(name).await.expect("it is known");
            if expected(&health) {
                return health;
            }
            tokio::task::yield_now().await;
        }
    };
    match tokio::time::timeout(LONG, look).await {
        Ok(health) => health,
        Err(_) => panic!("it does not come to that: {:?}", manager.list()),
    }
}
