//! `lyceum run` and `lyceum logs`, as their users run them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn lyceum(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
    let command = command.args(arguments).env_remove("LYCEUM_LOGS");
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    (status.code(), text(stdout), text(stderr))
}

fn file(name: &str, text: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn program_without_types_says_which_program_is_needed() {
    let file = file("own.toml", "[[agents]]\ntype = \"Counter\"\n");

    let (code, output, errors) = lyceum(&["run", file.to_str().unwrap()]);

    assert_eq!((code, output.as_str()), (Some(2), ""));
    let expected = "own.toml:2:8: this program has no types of agent, and so no `Counter`: \
                    `program = ...` names one that has, made by `lyceum::main!`";
    assert!(errors.contains(expected), "{errors}");
}

#[test]
fn program_that_is_none_of_lyceum_is_refused() {
    // This one is no program of types, either.
    let text =
        format!("program = {:?}\n[[agents]]\ntype = \"Counter\"\n", env!("CARGO_BIN_EXE_lyceum"));
    let file = file("foreign.toml", &text);

    let (code, _, errors) = lyceum(&["run", file.to_str().unwrap(), "--check"]);

    assert_eq!(code, Some(2));
    assert!(errors.contains("it does not say which types it has"), "{errors}");
    let text = "program = \"./nowhere\"\n[[agents]]\ntype = \"Counter\"\n";
    let file = self::file("nowhere.toml", text);
    let (code, _, errors) = lyceum(&["run", file.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("nowhere`: No such file or directory"), "{errors}");
}

#[test]
fn logs_are_those_of_the_folder() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kept-logs");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("clerk.log"), "one\ntwo\nthree\n").unwrap();

    let folder = folder.to_str().unwrap();
    let (code, output, _) = lyceum(&["logs", "clerk", "--logs", folder, "--lines", "2"]);

    assert_eq!((code, output.as_str()), (Some(0), "two\nthree\n"));
}
