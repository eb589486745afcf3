//! Everything else that can go wrong.

use std::fs;
use std::path::Path;

use lyceum_campaign::process::{Input, Program};
use lyceum_campaign::sandbox::{Keeper, KeeperError, Sandbox, StartError, Step, WaitError};

use crate::ground::{Ground, both, has_sandboxes, keeper, run, within};

#[test]
fn program_that_is_no_keeper_is_found_out() {
    let error = Keeper::of_program("/bin/true", Sandbox::On).unwrap_err();
    assert!(matches!(error, KeeperError::NoStub { .. }), "{error}");

    let error = Keeper::of_program("/does/not/exist", Sandbox::On).unwrap_err();
    assert!(matches!(error, KeeperError::Stub { .. }), "{error}");
}

#[test]
fn what_is_missing_is_said_before_anything_runs() {
    for sandbox in both() {
        let ground = Ground::new("missing");
        let mut keeper = keeper(sandbox);
        let at = |name: &str| ground.folder.join(name);
        fs::write(at("data"), "no program").unwrap();

        for path in ["nothing", "data", "."] {
            let error = keeper.start(&Program::new(at(path), &ground.folder)).unwrap_err();
            assert!(matches!(error, StartError::Program { .. }), "{error}");
        }
        for folder in ["nothing", "data"] {
            let error = keeper.start(&Program::new("/bin/true", at(folder))).unwrap_err();
            assert!(matches!(error, StartError::Directory { .. }), "{error}");
        }
        let program = ground.shell("true");
        let error = keeper.start(&program.clone().input(Input::File(at("nothing")))).unwrap_err();
        assert!(matches!(error, StartError::Input { .. }), "{error}");
        let error = keeper.start(&program.clone().input(Input::File(at(".")))).unwrap_err();
        assert!(matches!(error, StartError::Input { .. }), "{error}");
        let error = keeper.start(&program.clone().output(at("nothing/stdout"))).unwrap_err();
        assert!(matches!(error, StartError::Output { .. }), "{error}");
        let long = program.clone().argument("x".repeat(9 << 20));
        assert!(matches!(keeper.start(&long), Err(StartError::TooLong { .. })));

        assert!(matches!(keeper.poll(), Err(WaitError::Idle)));
        assert!(run(&mut keeper, &program).is_success());
    }
}

#[test]
fn program_that_the_system_refuses_is_told_and_the_keeper_goes_on() {
    for sandbox in both() {
        let ground = Ground::new("refused");
        let mut keeper = keeper(sandbox);
        let path = ground.folder.join("broken");
        fs::write(&path, "\x7fELF nothing").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&path, mode).unwrap();
        let broken = Program::new(&path, &ground.folder);
        // More than the system lets any program be started with.
        let long = ground.shell("true").argument("x".repeat(1 << 20));

        for program in [broken, long] {
            keeper.start(&program).unwrap();
            let error = keeper.wait().unwrap_err();
            assert!(matches!(error, WaitError::Refused { step: Step::Start, .. }), "{error}");
            assert!(run(&mut keeper, &ground.shell("true")).is_success());
        }
    }
}

#[test]
fn second_program_at_the_same_time_is_refused() {
    if !has_sandboxes() {
        return;
    }
    let ground = Ground::new("busy");
    let mut keeper = keeper(Sandbox::On);
    keeper.start(&ground.shell("sleep 0.05")).unwrap();

    assert!(matches!(keeper.start(&ground.shell("true")), Err(StartError::Busy)));

    assert!(keeper.wait().unwrap().is_success());
}

#[test]
fn directory_may_vanish_while_the_program_runs() {
    for sandbox in both() {
        let ground = Ground::new("vanish");
        let mut keeper = keeper(sandbox);
        let folder = ground.folder.join("session");
        fs::create_dir(&folder).unwrap();
        let program = Program::new("/bin/sh", &folder).argument("-c");
        let program = program.argument("echo up; read line < /dev/zero; echo x > file");
        let output = ground.folder.join("out");
        let program = program.output(&output).error_output(ground.folder.join("err"));
        keeper.start(&program.limits(within(500))).unwrap();
        while fs::read(&output).unwrap().is_empty() {
            std::thread::yield_now();
        }

        fs::remove_dir_all(&folder).unwrap();

        keeper.wait().unwrap();
        assert!(run(&mut keeper, &ground.shell("echo on > file")).is_success());
        assert_eq!(ground.read("file"), "on\n");
    }
}

#[test]
fn killed_keeper_is_noticed_and_takes_everything_with_it() {
    for sandbox in both() {
        let ground = Ground::new("killed");
        let mut keeper = keeper(sandbox);
        let mark = format!("89{}", std::process::id());
        keeper.start(&ground.shell(&format!("echo up; exec sleep {mark}"))).unwrap();
        while !ground.read("stdout").contains("up") {
            std::thread::yield_now();
        }
        assert!(keeper.poll().unwrap().is_none());
        let number = keeper.process_number().unwrap();
        let parent = parent_of(number);

        let parent = rustix::process::Pid::from_raw(parent.cast_signed()).unwrap();
        rustix::process::kill_process(parent, rustix::process::Signal::KILL).unwrap();

        assert!(matches!(keeper.wait(), Err(WaitError::Lost { .. })));
        if sandbox == Sandbox::On {
            while Path::new(&format!("/proc/{number}")).exists() {
                std::thread::yield_now();
            }
        } else {
            let number = rustix::process::Pid::from_raw(number.cast_signed()).unwrap();
            rustix::process::kill_process(number, rustix::process::Signal::KILL).unwrap();
        }
    }
}

fn parent_of(number: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{number}/status")).unwrap();
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap();
    parent.trim().parse().unwrap()
}
