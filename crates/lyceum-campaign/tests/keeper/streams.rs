//! Programs that do odd things to their streams, and those that want a terminal.

use std::time::Duration;

use lyceum_campaign::process::{Ending, Input, Limit, TerminalSize};

use crate::ground::{Ground, both, keeper, run, within};

#[test]
fn program_that_closes_its_streams_is_still_waited_for() {
    for sandbox in both() {
        let ground = Ground::new("closed");
        let script = "echo before; exec <&- >&- 2>&-; sleep 0.2; exit 5";

        let exit = run(&mut keeper(sandbox), &ground.shell(script));

        assert_eq!(exit.ending, Ending::Code(5));
        assert!(exit.wall >= Duration::from_millis(200));
        assert_eq!(ground.read("stdout"), "before\n");
    }
}

#[test]
fn unread_input_and_late_output_do_no_harm() {
    for sandbox in both() {
        let ground = Ground::new("unread");
        let mut keeper = keeper(sandbox);
        let program = ground.shell("exit 0").input(Input::Bytes(vec![b'x'; 1 << 20]));
        assert!(run(&mut keeper, &program).is_success());

        // More than a pipe holds, written in the last moment.
        let program = ground.shell("head -c 200000 /dev/zero");
        assert_eq!(run(&mut keeper, &program).output.bytes, 200_000);
    }
}

#[test]
fn both_streams_can_go_to_one_file() {
    for sandbox in both() {
        let ground = Ground::new("one-file");
        let log = ground.folder.join("log");
        let script = "echo a; sleep 0.05; echo b >&2; sleep 0.05; echo c";

        let program = ground.shell(script).output(&log).error_output(&log);
        assert!(run(&mut keeper(sandbox), &program).is_success());

        assert_eq!(ground.read("log"), "a\nb\nc\n");
    }
}

/// A full disk was told as a program that writes too much.
#[test]
fn output_that_cannot_be_kept_is_cut_and_no_fault_of_the_program() {
    for sandbox in both() {
        let ground = Ground::new("unkept");

        let program = ground.shell("echo lost; echo kept >&2").output("/dev/full");
        let exit = run(&mut keeper(sandbox), &program);

        assert_eq!((exit.output.bytes, exit.output.cut), (0, true));
        assert_eq!((exit.limit, ground.read("stderr")), (None, "kept\n".into()));
    }
}

#[test]
fn program_without_a_terminal_has_none() {
    for sandbox in both() {
        let ground = Ground::new("no-terminal");

        let script = "tty; (: > /dev/tty) 2>/dev/null && echo controlled";
        run(&mut keeper(sandbox), &ground.shell(script));

        assert_eq!(ground.read("stdout"), "not a tty\n");
    }
}

#[test]
fn terminal_is_there_for_programs_that_need_one() {
    for sandbox in both() {
        let ground = Ground::new("terminal");
        let size = TerminalSize { rows: 5, columns: 33 };
        let script = "stty size; (echo yes > /dev/tty); read line; echo got $line; cat; exit 6";
        let input = Input::Bytes(b"typed\nmore".to_vec());
        let program = ground.shell(script).terminal(size).input(input).limits(within(60_000));

        let exit = run(&mut keeper(sandbox), &program);

        let text = ground.read("stdout");
        assert_eq!(exit.ending, Ending::Code(6), "{exit:?} {text}");
        for part in ["5 33\r\n", "yes\r\n", "got typed\r\n", "more"] {
            assert!(text.contains(part), "{part:?} in {text:?}");
        }
        assert_eq!(exit.error_output.bytes, 0);
    }
}

#[test]
fn terminal_can_be_flooded_and_hung_up() {
    for sandbox in both() {
        let ground = Ground::new("hangup");
        let mut keeper = keeper(sandbox);
        let size = TerminalSize::default();
        let mut limits = within(60_000);
        limits.output = 10_000;
        let program = ground.shell("yes").terminal(size).limits(limits);
        let exit = run(&mut keeper, &program);
        assert_eq!((exit.limit, exit.output.bytes), (Some(Limit::Output), 10_000));

        let program = ground.shell("exec sleep 60").terminal(size).limits(within(100));
        let program = program.input(Input::Bytes(vec![b'x'; 100_000]));
        assert_eq!(run(&mut keeper, &program).limit, Some(Limit::Wall));
    }
}

#[test]
fn program_that_cannot_be_executed_on_a_terminal_ends_like_in_a_shell() {
    for sandbox in both() {
        let ground = Ground::new("not-executed");
        let path = ground.folder.join("broken");
        std::fs::write(&path, "\x7fELF nothing").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).unwrap();
        let program = lyceum_campaign::process::Program::new(&path, &ground.folder);

        let exit = run(&mut keeper(sandbox), &program.terminal(TerminalSize::default()));

        assert_eq!(exit.ending, Ending::Code(127));
        assert!(ground.read("stdout").contains("cannot execute"));
    }
}
