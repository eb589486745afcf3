//! Programs start, are waited for, are asked to stop, and leave nothing behind.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use lyceum_campaign::process::{Ending, Input, Limit, Limits, Program};
use lyceum_campaign::sandbox::{Sandbox, WaitError};

use crate::ground::{Ground, both, has_sandboxes, is_running, keeper, run};

#[test]
fn program_gets_exactly_what_it_is_given() {
    for sandbox in both() {
        let ground = Ground::new("exact");
        let script = "cat; env | grep -v -e ^PWD= -e ^SHLVL= -e ^_=; echo \"$0 $1\"; pwd; exit 3";
        let program = ground.shell(script).argument("zero").argument("two words");
        let program = program.environment("A", "1").input(Input::Bytes(b"in\n".to_vec()));

        let exit = run(&mut keeper(sandbox), &program);

        assert_eq!(exit.ending, Ending::Code(3), "{}", ground.read("stderr"));
        let folder = ground.folder.canonicalize().unwrap();
        let lines = format!("in\nA=1\nPATH=/usr/bin:/bin\nzero two words\n{}\n", folder.display());
        assert_eq!(ground.read("stdout"), lines);
        assert_eq!((exit.output.bytes, exit.output.cut), (lines.len() as u64, false));
        assert!(exit.wall > Duration::ZERO && exit.peak_memory > 0);
    }
}

#[test]
fn keeper_runs_one_program_after_the_other() {
    for sandbox in both() {
        let ground = Ground::new("many");
        let mut keeper = keeper(sandbox);
        for number in 0..50 {
            let exit = run(&mut keeper, &ground.shell(&format!("exit {number}")));
            assert_eq!(exit.ending, Ending::Code(number));
        }
    }
}

#[test]
fn crash_is_told_by_its_signal() {
    for sandbox in both() {
        let ground = Ground::new("crash");
        let mut keeper = keeper(sandbox);
        for number in [6, 9, 11] {
            let exit = run(&mut keeper, &ground.shell(&format!("kill -{number} $$")));
            assert_eq!((exit.ending, exit.limit), (Ending::Signal { number }, None));
        }
        assert!(!ground.folder.join("core").exists());
    }
}

#[test]
fn stop_asks_first_and_kills_what_does_not_listen() {
    for sandbox in both() {
        let ground = Ground::new("stop");
        let mut keeper = keeper(sandbox);
        let polite = ground.shell("trap 'echo bye; exit 4' TERM; echo up; while :; do :; done");
        keeper.start(&polite).unwrap();
        while !ground.read("stdout").contains("up") {
            assert!(keeper.poll().unwrap().is_none());
            std::thread::yield_now();
        }
        assert!(keeper.poll().unwrap().is_none());
        assert!(keeper.process_number().is_some());
        keeper.stop();
        let exit = keeper.wait().unwrap();
        assert_eq!((exit.ending, exit.limit), (Ending::Code(4), Some(Limit::Stopped)));
        assert_eq!(ground.read("stdout"), "up\nbye\n");

        let deaf = ground.target(env!("CARGO_BIN_EXE_target-stubborn"), b"protect\n");
        let grace = Duration::from_millis(20);
        keeper.start(&deaf.limits(Limits { grace, ..Limits::default() })).unwrap();
        while !ground.read("stdout").contains("protected") {
            assert!(keeper.poll().unwrap().is_none());
            std::thread::yield_now();
        }
        keeper.stop();
        keeper.stop();
        let exit = keeper.wait().unwrap();
        assert_eq!((exit.ending, exit.limit), (Ending::Signal { number: 9 }, Some(Limit::Stopped)));
    }
}

#[test]
fn what_a_program_leaves_is_gone_when_its_end_is_told() {
    for sandbox in both() {
        let ground = Ground::new("left");
        let mut keeper = keeper(sandbox);
        let mark = format!("86{}", std::process::id());
        let script = format!(
            "setsid sh -c 'trap \"\" TERM HUP; sleep {mark} & sleep {mark} & wait' & sleep 0.1"
        );

        let exit = run(&mut keeper, &ground.shell(&script));

        assert_eq!(exit.ending, Ending::Code(0), "{}", ground.read("stderr"));
        assert!(exit.processes.left >= 1 && !exit.processes.escaped, "{exit:?}");
        assert!(!is_running(&mark), "{sandbox:?}");
        let exit = run(&mut keeper, &ground.shell("true"));
        assert_eq!(exit.processes.left, 0);
    }
}

#[test]
fn dropped_keeper_ends_everything() {
    for sandbox in both() {
        let ground = Ground::new("dropped");
        let mut keeper = keeper(sandbox);
        let mark = format!("87{}", std::process::id());
        let script = format!("setsid sleep {mark} & echo up; sleep {mark}");
        keeper.start(&ground.shell(&script)).unwrap();
        while !ground.read("stdout").contains("up") {
            std::thread::yield_now();
        }

        drop(keeper);

        assert!(!is_running(&mark), "{sandbox:?}");
    }
}

#[tokio::test]
async fn end_wakes_who_waits_for_it() {
    for sandbox in both() {
        let ground = Ground::new("woken");
        let mut keeper = keeper(sandbox);
        keeper.start(&ground.shell("sleep 0.05; exit 7")).unwrap();
        assert!(keeper.is_busy());

        assert_eq!(keeper.exited().await.unwrap().ending, Ending::Code(7));

        assert!(!keeper.is_busy());
        assert!(matches!(keeper.exited().await, Err(WaitError::Idle)));
    }
}

#[test]
fn program_inherits_no_file_of_its_master() {
    for sandbox in both() {
        let ground = Ground::new("files");
        let file = fs::File::open("/dev/zero").unwrap();
        rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();

        // The last one is that of the list itself.
        run(&mut keeper(sandbox), &ground.shell("exec ls /proc/self/fd"));

        assert_eq!(ground.read("stdout"), "0\n1\n2\n3\n");
    }
}

/// Returns the session of a process. `getsid` has no word for one that began outside the namespace
/// of the tests, as in a container; the table of processes says 0.
fn session(process: &str) -> u32 {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_name, fields) = text.rsplit_once(')').unwrap();
    fields.split_whitespace().nth(3).unwrap().parse().unwrap()
}

#[test]
fn key_that_interrupts_the_master_reaches_no_program() {
    for sandbox in both() {
        let ground = Ground::new("session");
        let mut keeper = keeper(sandbox);
        keeper.start(&ground.shell("echo up; exec sleep 60")).unwrap();
        while !ground.read("stdout").contains("up") {
            std::thread::yield_now();
        }
        assert!(keeper.poll().unwrap().is_none());

        let number = keeper.process_number().unwrap();

        // A terminal signals processes of its own session only.
        assert_ne!(session(&number.to_string()), session("self"));
        keeper.stop();
        assert_eq!(keeper.wait().unwrap().limit, Some(Limit::Stopped));
    }
}

#[test]
fn process_numbers_are_the_same_in_every_run() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("numbers");
    let mut keeper = keeper(Sandbox::On);
    for _ in 0..3 {
        run(&mut keeper, &ground.shell("echo $$"));
        assert_eq!(ground.read("stdout"), "2\n");
    }
}

#[test]
fn keeper_can_be_an_agents() {
    fn goes_to_other_threads<T: Send + Sync + 'static>(_value: T) {}
    goes_to_other_threads(keeper(Sandbox::Off));
}

#[test]
fn directory_may_have_any_name() {
    for sandbox in both() {
        let ground = Ground::new("names");
        let name = OsStr::from_bytes(b"a b\\040\n\xff,'\"");
        let folder = ground.folder.join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(name), "in").unwrap();
        let program = Program::new("/bin/sh", &folder).argument("-c");
        let program = program.argument("cat a*; for f in a*; do echo > \"new $f\"; done");

        let exit = run(&mut keeper(sandbox), &program.environment("PATH", "/bin:/usr/bin"));

        assert!(exit.is_success(), "{exit:?}");
        assert_eq!(fs::read(folder.join("stdout")).unwrap(), b"in");
        let new = [OsStr::new("new"), name].join(OsStr::new(" "));
        assert!(folder.join(new).exists());
    }
}

#[test]
fn input_can_be_a_file_and_outputs_can_be_elsewhere() {
    for sandbox in both() {
        let ground = Ground::new("elsewhere");
        let at = |name: &str| ground.folder.join(name);
        fs::create_dir(at("session")).unwrap();
        fs::write(at("input"), "from a file").unwrap();
        let program = Program::new("/bin/cat", at("session")).input(Input::File(at("input")));

        let exit = run(&mut keeper(sandbox), &program.output(at("out")).error_output(at("err")));

        assert!(exit.is_success());
        assert_eq!(ground.read("out"), "from a file");
        assert_eq!(ground.read("err"), "");
        assert!(fs::read_dir(at("session")).unwrap().next().is_none());
    }
}
