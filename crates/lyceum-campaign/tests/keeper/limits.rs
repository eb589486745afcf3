//! Programs that use too much.

use std::time::Duration;

use lyceum_campaign::process::{Ending, Limit, Limits, Overflow};
use lyceum_campaign::sandbox::{Sandbox, Step, WaitError};

use crate::ground::{Ground, both, has_sandboxes, is_running, keeper, run, within};

const KILLED: Ending = Ending::Signal { number: 9 };

#[test]
fn endless_program_is_ended_when_its_time_is_over() {
    for sandbox in both() {
        let ground = Ground::new("wall");
        let program = ground.target(env!("CARGO_BIN_EXE_target-endless"), b"\0abc");

        let exit = run(&mut keeper(sandbox), &program.limits(within(200)));

        assert_eq!((exit.ending, exit.limit), (KILLED, Some(Limit::Wall)));
        assert!(exit.wall >= Duration::from_millis(200));
    }
}

#[test]
fn program_that_stops_itself_is_ended_too() {
    for sandbox in both() {
        let ground = Ground::new("stopped");
        let script = "setsid sleep 60 & kill -STOP $$";

        let exit = run(&mut keeper(sandbox), &ground.shell(script).limits(within(100)));

        assert_eq!((exit.ending, exit.limit), (KILLED, Some(Limit::Wall)));
        assert_eq!(exit.processes.left, 1);
    }
}

#[test]
fn processor_time_is_limited_apart_from_the_clock() {
    for sandbox in both() {
        let ground = Ground::new("processor");
        let processor = Some(Duration::from_millis(600));
        let wall = Duration::from_secs(120);
        let program = ground.target(env!("CARGO_BIN_EXE_target-endless"), b"\0abc");

        let limits = Limits { processor, wall, ..Limits::default() };
        let exit = run(&mut keeper(sandbox), &program.limits(limits));

        assert_eq!(exit.limit, Some(Limit::Processor), "{exit:?}");
        assert!(exit.user + exit.system >= Duration::from_millis(500), "{exit:?}");
    }
}

#[test]
fn memory_that_is_announced_is_refused() {
    for sandbox in both() {
        let ground = Ground::new("memory");
        let program = ground.target(env!("CARGO_BIN_EXE_target-memory"), &[0xff; 4]);

        let exit = run(&mut keeper(sandbox), &program);

        assert_eq!((exit.ending, exit.limit), (Ending::Signal { number: 6 }, None));
        assert!(ground.read("stderr").contains("memory allocation"));
        assert!(exit.peak_memory < 64 << 20, "{exit:?}");
    }
}

#[test]
fn too_little_memory_to_start_is_said() {
    for sandbox in both() {
        let ground = Ground::new("little");
        let mut keeper = keeper(sandbox);
        let limits = Limits { memory: Some(4096), ..Limits::default() };
        keeper.start(&ground.shell("true").limits(limits)).unwrap();

        let error = keeper.wait().unwrap_err();

        assert!(matches!(error, WaitError::Refused { step: Step::MemoryLimit, .. }), "{error}");
        assert!(run(&mut keeper, &ground.shell("true")).is_success());
    }
}

#[test]
fn flood_is_cut_off_at_the_limit() {
    for sandbox in both() {
        let ground = Ground::new("flood");
        let program = ground.target(env!("CARGO_BIN_EXE_target-flood"), b"zlalala");
        let limits = Limits { output: 100_000, ..within(120_000) };

        let exit = run(&mut keeper(sandbox), &program.limits(limits));

        assert_eq!((exit.ending, exit.limit), (KILLED, Some(Limit::Output)));
        assert_eq!((exit.output.bytes, exit.output.cut), (100_000, true));
        assert_eq!(ground.read("stdout").len(), 100_000);
    }
}

#[test]
fn error_output_has_a_limit_of_its_own_and_the_rest_can_be_discarded() {
    for sandbox in both() {
        let ground = Ground::new("discard");
        let limits = Limits { error_output: 10, ..Limits::default() };
        let script = "i=0; while [ $i -lt 999 ]; do echo $i >&2; i=$((i+1)); done; echo done";
        let program = ground.shell(script).limits(limits);
        let mut keeper = keeper(sandbox);

        let exit = run(&mut keeper, &program.clone().overflow(Overflow::Discard));
        assert!(exit.is_success(), "{exit:?}");
        assert_eq!((exit.error_output.bytes, exit.error_output.cut), (10, true));
        assert_eq!((ground.read("stderr").as_str(), exit.output.bytes), ("0\n1\n2\n3\n4\n", 5));

        let exit = run(&mut keeper, &program.overflow(Overflow::End));
        assert_eq!(exit.limit, Some(Limit::ErrorOutput));
    }
}

#[test]
fn one_long_file_is_a_limit_of_its_own() {
    for sandbox in both() {
        let ground = Ground::new("file");
        let limits = Limits { file_size: Some(10_000), ..Limits::default() };
        let script = "exec dd if=/dev/zero of=long bs=1000 count=20";

        let exit = run(&mut keeper(sandbox), &ground.shell(script).limits(limits));

        assert_eq!(exit.limit, Some(Limit::FileSize), "{exit:?} {}", ground.read("stderr"));
        assert_eq!(ground.read("long").len(), 10_000);
    }
}

#[test]
fn directory_is_full_in_the_sandbox_and_watched_without() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("disk");
    let limits = Limits { directory: 4 << 20, file_size: None, ..within(120_000) };
    let program = ground.target(env!("CARGO_BIN_EXE_target-disk"), b"F").limits(limits);

    let exit = run(&mut keeper(Sandbox::On), &program);
    assert!(exit.is_success() && exit.directory_full, "{exit:?}");

    let exit = run(&mut keeper(Sandbox::Off), &program);
    assert_eq!((exit.ending, exit.limit), (KILLED, Some(Limit::Directory)), "{exit:?}");
}

#[test]
fn sandbox_is_empty_again_after_a_full_disk() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("again");
    let limits = Limits { directory: 1 << 20, file_size: None, ..within(120_000) };
    let fill = "head -c 9999999 /dev/zero > fill; chmod 0 fill; mkdir -p a/b; chmod 0 a; \
                head -c 99999999 /dev/zero > /tmp/fill; echo left > /dev/shm/left";
    let mut keeper = keeper(Sandbox::On);
    let exit = run(&mut keeper, &ground.shell(fill).limits(limits.clone()));
    assert!(exit.directory_full);
    for name in std::fs::read_dir(&ground.folder).unwrap().flatten() {
        let _folder = std::fs::remove_file(name.path());
    }
    std::fs::remove_dir_all(ground.folder.join("a")).unwrap();

    let exit = run(&mut keeper, &ground.shell("ls . /dev/shm; ls /tmp; echo x > new"));

    assert!(exit.is_success() && !exit.directory_full, "{exit:?}");
    assert!(!ground.read("stdout").contains("left") && !ground.read("stdout").contains("fill"));
    assert_eq!(ground.read("new"), "x\n");
}

#[test]
fn directory_has_room_for_no_more_than_its_limit_at_the_start() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("big");
    std::fs::write(ground.folder.join("big"), [0; 10_000]).unwrap();
    let mut keeper = keeper(Sandbox::On);
    let limits = Limits { directory: 4096, ..Limits::default() };
    keeper.start(&ground.shell("true").limits(limits)).unwrap();

    let error = keeper.wait().unwrap_err();

    assert!(matches!(error, WaitError::Refused { step: Step::Directory, .. }), "{error}");
    assert!(run(&mut keeper, &ground.shell("true")).is_success());
}

#[test]
fn bomb_of_processes_ends_with_its_program() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("bomb");
    let mark = format!("88{}", std::process::id());
    let script = format!("while :; do sleep {mark} & done");
    let mut keeper = keeper(Sandbox::On);

    let exit = run(&mut keeper, &ground.shell(&script).limits(within(2_000)));

    // The superuser is held to 300 more than the limit, everybody else to the limit.
    let most = if rustix::process::getuid().is_root() { 340 } else { 32 };
    assert!((20..=most).contains(&exit.processes.left), "{exit:?}");
    assert!(!is_running(&mark));
    assert!(run(&mut keeper, &ground.shell("true")).is_success());
}

#[test]
fn many_processes_one_after_the_other_are_no_bomb() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("sequence");
    let script = "i=0; while [ $i -lt 700 ]; do /bin/true || exit 9; i=$((i+1)); done";

    let exit = run(&mut keeper(Sandbox::On), &ground.shell(script).limits(within(60_000)));

    assert!(exit.is_success(), "{exit:?} {}", ground.read("stderr"));
}

#[test]
fn least_and_most_of_every_limit_is_taken() {
    let most = u64::MAX;
    let all = Limits {
        wall: Duration::MAX,
        processor: Some(Duration::MAX),
        memory: Some(most),
        file_size: Some(most),
        directory: most,
        processes: Some(u32::MAX),
        open_files: Some(most),
        output: most,
        error_output: most,
        niceness: u8::MAX,
        grace: Duration::MAX,
    };
    let none = Limits {
        processor: Some(Duration::ZERO),
        file_size: Some(0),
        directory: 0,
        niceness: 0,
        grace: Duration::ZERO,
        ..Limits::default()
    };
    for sandbox in both() {
        let ground = Ground::new("extremes");
        let mut keeper = keeper(sandbox);
        let exit = run(&mut keeper, &ground.shell("echo all").limits(all.clone()));
        assert!(exit.is_success(), "{exit:?}");
        let exit = run(&mut keeper, &ground.shell("echo none").limits(none.clone()));
        assert_eq!((exit.ending, exit.output.bytes), (Ending::Code(0), 5), "{exit:?}");
        let processes = Limits { wall: Duration::ZERO, ..none.clone() };
        let exit = run(&mut keeper, &ground.shell("echo none").limits(processes));
        assert_eq!(exit.limit, Some(Limit::Wall));
    }
}

#[test]
fn program_yields_to_others_and_may_open_few_files() {
    for sandbox in both() {
        let ground = Ground::new("nice");
        let limits = Limits { niceness: 7, open_files: Some(40), ..Limits::default() };
        // The values are set when the program has just started; these tests may yield more already.
        let script = "while [ $(nice) -lt 7 ] || [ $(ulimit -Hn) != 40 ]; do :; done; \
                      ulimit -n; ulimit -Hn; ulimit -c";

        let exit = run(&mut keeper(sandbox), &ground.shell(script).limits(limits));

        assert!(exit.is_success(), "{exit:?}");
        assert_eq!(ground.read("stdout"), "40\n40\n0\n");
    }
}
