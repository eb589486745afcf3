//! A project's program runs as its file says.

use std::fs;
use std::path::{Path, PathBuf};

use lyceum_campaign::ProjectFile;
use lyceum_campaign::sandbox::{self, Keeper, Sandbox};

#[path = "machine/refusal.rs"]
mod refusal;

use refusal::has_sandboxes;

/// A program that becomes a keeper.
const KEEPER: &str = env!("CARGO_BIN_EXE_lyceum-keeper");

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = directory.join(format!("session-{name}-{}", std::process::id()));
    fs::remove_dir_all(&directory).ok();
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// Runs one session, and returns what was printed.
fn printed(project: &str, directory: &Path, input: &[u8]) -> String {
    let project = ProjectFile::parse(project, Path::new("a.toml")).unwrap();
    let keeper = KEEPER;
    let mut keeper = Keeper::of_program(keeper, Sandbox::On).unwrap();
    let command = project.find_command().unwrap();
    let program = project.program(&command, directory, input).unwrap();
    keeper.start(&program).unwrap();
    assert!(keeper.wait().unwrap().is_success());
    fs::read_to_string(program.output_path()).unwrap()
}

#[test]
fn input_comes_as_a_file_or_at_the_standard_input() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let (one, other) = (directory("file"), directory("stdin"));
    let file = "command = \"cat\"\narguments = [\"{input}\", \"{input}\"]";

    assert_eq!(printed(file, &one, b"text"), "texttext");
    assert_eq!(printed("command = \"cat\"", &other, b"text"), "text");
    assert!(!other.join("input").exists());
}

#[test]
fn environment_is_what_the_file_says() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let project = "command = \"env\"\nenvironment = { A = \"b\", HOME = \"c\" }\n\
        inherit = [\"HOME\", \"CARGO_MANIFEST_DIR\", \"NO_SUCH_VARIABLE\"]";
    let printed = printed(project, &directory("environment"), b"");
    let mut lines: Vec<_> = printed.lines().collect();
    lines.sort_unstable();

    let home = lines.iter().position(|line| *line == "HOME=c").unwrap();
    assert_eq!((lines[0], home), ("A=b", 2), "{lines:?}");
    assert_eq!(lines[1], concat!("CARGO_MANIFEST_DIR=", env!("CARGO_MANIFEST_DIR")));
    assert!(!lines.iter().any(|line| line.starts_with("CARGO_PKG")), "{lines:?}");
}

#[test]
fn program_that_is_not_there_is_an_error() {
    for command in ["no-such-program", "./no-such-program", "/etc/passwd", "/"] {
        let text = format!("command = {command:?}");
        let project = ProjectFile::parse(&text, Path::new("a.toml")).unwrap();
        let error = project.find_command().unwrap_err().to_string();
        assert!(error.contains("that can be executed"), "{error}");
    }
}
