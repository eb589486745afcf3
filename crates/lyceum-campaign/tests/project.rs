//! Project files: what they say, and what is wrong with them, where.

use std::fs;
use std::path::Path;
use std::time::Duration;

use lyceum_campaign::{InputWay, Kept, ProjectFile, ProjectFileError, ProjectLimits, StopLimits};
use proptest::prelude::*;

/// All that a file can say, rightly.
const FULL: &str = r#"name = "parser"
command = "bin/parser"
arguments = ["--file={input}", "-v"]
input = "file"
input-size = "1KiB"
environment = { RUST_BACKTRACE = "1" }
inherit = ["PATH"]
seeds = "seeds"
dictionary = "words.dict"
directory = "out"
keep = "all"
sandbox = false
universes = 2
seed = 7
strength = 0.25
adaptive = false
minimize = 100
accept = [0, 2]

[limits]
time = "2s"
cpu = "500ms"
memory = "256MiB"
file = "1MB"
output = 4096
processes = 3
files = 12

[scores]
success = 0.75
error = -0.25

[stop]
sessions = 1000
finds = 5
time = "10min"

[patterns]
defaults = true
words = { corrupt = 1.0, error = 0.2 }
expressions = { '^usage:' = -1.0 }
ignore = ['^0 errors']
lines = 200
"#;

fn parse(text: &str) -> Result<ProjectFile, ProjectFileError> {
    ProjectFile::parse(text, Path::new("dir/a.toml"))
}

fn faults(text: &str) -> Vec<String> {
    match parse(text) {
        Err(ProjectFileError::Wrong { faults, .. }) => {
            faults.iter().map(ToString::to_string).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn file_says_it_all() {
    let project = parse(FULL).unwrap();

    assert_eq!(project.name, "parser");
    assert_eq!(project.command, Path::new("dir/bin/parser"));
    assert_eq!(project.arguments_for("in"), ["--file=in", "-v"]);
    assert_eq!((project.input, project.input_size), (InputWay::File, 1_024));
    assert_eq!(project.environment, [("RUST_BACKTRACE".to_owned(), "1".to_owned())]);
    assert_eq!(project.inherit, ["PATH"]);
    assert_eq!(project.seeds.as_deref(), Some(Path::new("dir/seeds")));
    assert_eq!(project.dictionary.as_deref(), Some(Path::new("dir/words.dict")));
    assert_eq!((project.directory.as_path(), project.keep), (Path::new("dir/out"), Kept::All));
    assert_eq!((project.is_sandboxed, project.universes), (false, Some(2)));
    assert_eq!((project.seed, project.strength), (Some(7), 0.25));
    assert_eq!((project.is_adaptive, project.minimize_trials), (false, 100));
    assert_eq!(project.accepted_exit_codes, [0, 2]);
    let limits = ProjectLimits {
        time: Duration::from_secs(2),
        cpu: Duration::from_millis(500),
        memory: 256 << 20,
        file: 1_000_000,
        output: 4_096,
        processes: 3,
        files: 12,
    };
    assert_eq!(project.limits, limits);
    assert_eq!((project.success_score, project.error_score), (0.75, -0.25));
    let time = Some(Duration::from_secs(600));
    assert_eq!(project.stop, StopLimits { sessions: Some(1_000), finds: Some(5), time });
    assert_eq!(project.line_limit, Some(200));
}

#[test]
fn patterns_are_those_of_the_file_and_the_known_words() {
    let project = parse(FULL).unwrap();
    let weight = |line: &str| project.patterns.best(line.as_bytes()).map(|best| best.weight);

    assert_eq!(weight("corrupt error"), Some(1.0));
    assert_eq!(weight("error"), Some(0.2), "as the file says");
    assert_eq!(weight("segfault"), Some(1.0), "a known word");
    assert_eq!(weight("usage: error"), Some(-1.0));
    assert_eq!(weight("0 errors, error"), None);

    let bare = parse("command = \"a\"\n[patterns]\ndefaults = false").unwrap();
    assert!(bare.patterns.best(b"segfault").is_none());
}

#[test]
fn command_is_enough() {
    let project = parse("command = \"parser\"").unwrap();

    assert_eq!((project.name.as_str(), project.command.as_path()), ("a", Path::new("parser")));
    assert_eq!((project.input, project.input_size), (InputWay::Stdin, 64 << 10));
    assert_eq!((project.seeds, project.universes, project.seed), (None, None, None));
    assert_eq!(project.directory, Path::new("dir/a-campaign"));
    assert_eq!((project.is_sandboxed, project.keep), (true, Kept::Finds));
    assert_eq!((project.limits, project.stop), (ProjectLimits::default(), StopLimits::default()));
    assert_eq!(project.accepted_exit_codes, [0]);
    assert_eq!((project.success_score, project.error_score), (0.5, -0.5));
}

#[test]
fn example_of_the_guide_is_right() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/project-file.md");
    let guide = fs::read_to_string(guide).unwrap();
    let (_, rest) = guide.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();

    let project = parse(example).unwrap();
    assert_eq!((project.stop.finds, project.limits.memory), (Some(5), 256 << 20));
    for line in FULL.lines().filter(|line| line.contains(" = ")) {
        let field = line.split(" = ").next().unwrap();
        let named = [format!("| `{field}` |"), format!(".{field}`")];
        assert!(named.iter().any(|named| guide.contains(named)), "`{field}` is not explained");
    }
}

#[test]
fn processor_time_follows_the_time() {
    let project = parse("command = \"a\"\nlimits.time = \"3s\"").unwrap();

    assert_eq!(project.limits.cpu, Duration::from_secs(3));
}

/// One test for each field: a line that is wrong in the second line of a file, and what is said.
macro_rules! wrong {
    ($($field:ident: $($line:expr => $fault:expr),+;)+) => {$(
        #[test]
        fn $field() {
            $(assert_eq!(faults(&format!("command = \"a\"\n{}\n", $line)), [$fault]);)+
        }
    )+};
}

wrong! {
    wrong_name:
        "name = 7" => "2:8: invalid type: integer `7`, expected a string",
        "name = 1979-05-27" => "2:8: invalid type: datetime, expected a string",
        "name = \"a b\"" => "2:8: invalid value: string \"a b\", expected a name of 1 to 40 \
            letters, digits, `_` and `-`";
    wrong_arguments:
        "arguments = \"-v\"" => "2:13: invalid type: string \"-v\", expected a list",
        "arguments = [\"ä\", 3]" => "2:19: invalid type: integer `3`, expected a string";
    wrong_input:
        "input = \"pipe\"" => "2:9: unknown variant `pipe`, expected `file` or `stdin`",
        "input = \"file\"" => "2:9: no argument has `{input}`, expected one for the file with \
            the input",
        "arguments = [\"{input}\"]\ninput = \"stdin\"" => "2:13: the arguments have `{input}`, \
            expected `input = \"file\"`";
    wrong_input_size:
        "input-size = 0" => "2:14: invalid value: integer `0`, expected a size above zero such \
            as 4096, \"64KiB\", \"100MB\" or \"2GiB\"",
        "input-size = \"2GiB\"" => "2:14: invalid value: 2147483648 bytes, expected at most 1GiB";
    wrong_environment:
        "environment = [\"A=b\"]" => "2:15: invalid type: sequence, expected a table",
        "environment.A = 1" => "2:17: invalid type: integer `1`, expected a string",
        "environment.\"A=\" = \"b\"" => "2:20: invalid name \"A=\", expected the name of a \
            variable",
        "environment.A = \"\\u0000\"" => "2:17: invalid value: a zero byte, expected a text \
            without";
    wrong_inherit:
        "inherit = true" => "2:11: invalid type: boolean `true`, expected a list",
        "inherit = [\"\"]" => "2:12: invalid name \"\", expected the name of a variable";
    wrong_seeds:
        "seeds = []" => "2:9: invalid type: sequence, expected a string",
        "seeds = \"\"" => "2:9: invalid value: string \"\", expected a path";
    wrong_dictionary:
        "dictionary = 1.5" => "2:14: invalid type: floating point `1.5`, expected a string";
    wrong_directory:
        "directory = \"\\u0000\"" => "2:13: invalid value: string \"\\0\", expected a path";
    wrong_keep:
        "keep = \"none\"" => "2:8: unknown variant `none`, expected one of `finds`, \
            `successes`, `all`";
    wrong_sandbox:
        "sandbox = \"off\"" => "2:11: invalid type: string \"off\", expected a boolean";
    wrong_universes:
        "universes = 0" => "2:13: invalid value: integer `0`, expected a number from 1 to 1,024";
    wrong_seed:
        "seed = -1" => "2:8: invalid value: integer `-1`, expected a number that is not below \
            zero";
    wrong_strength:
        "strength = 2.0" => "2:12: invalid value: floating point `2`, expected a number from \
            0.01 to 1",
        "strength = nan" => "2:12: invalid value: floating point `NaN`, expected a number from \
            0.01 to 1";
    wrong_adaptive:
        "adaptive = 1" => "2:12: invalid type: integer `1`, expected a boolean";
    wrong_minimize:
        "minimize = 1000001" => "2:12: invalid value: integer `1000001`, expected a number of \
            trials from 0 to 1,000,000";
    wrong_accept:
        "accept = 0" => "2:10: invalid type: integer `0`, expected a list",
        "accept = [0, 256]" => "2:14: invalid value: integer `256`, expected a number from 0 to \
            255";
    wrong_time_limit:
        "limits.time = 10" => "2:15: invalid type: integer `10`, expected a time above zero such \
            as \"250ms\", \"10s\", \"5min\" or \"2h\"";
    wrong_cpu_limit:
        "limits.cpu = \"0s\"" => "2:14: invalid value: string \"0s\", expected a time above zero \
            such as \"250ms\", \"10s\", \"5min\" or \"2h\"";
    wrong_memory_limit:
        "limits.memory = \"1XB\"" => "2:17: invalid value: string \"1XB\", expected a size above \
            zero such as 4096, \"64KiB\", \"100MB\" or \"2GiB\"";
    wrong_file_limit:
        "limits.file = 1.0" => "2:15: invalid type: floating point `1.0`, expected a size above \
            zero such as 4096, \"64KiB\", \"100MB\" or \"2GiB\"";
    wrong_output_limit:
        "limits.output = -5" => "2:17: invalid value: integer `-5`, expected a size above zero \
            such as 4096, \"64KiB\", \"100MB\" or \"2GiB\"";
    wrong_process_limit:
        "limits.processes = 0" => "2:20: invalid value: integer `0`, expected a number from 1 to \
            10,000";
    wrong_files_limit:
        "limits.files = -1" => "2:16: invalid value: integer `-1`, expected a number of files up \
            to 1,000,000";
    wrong_success_score:
        "scores.success = 0.0" => "2:18: invalid value: floating point `0`, expected a number \
            from 0.01 to 10";
    wrong_error_score:
        "scores.error = 0.5" => "2:16: invalid value: floating point `0.5`, expected a number \
            from -10 to -0.01";
    wrong_stop_sessions:
        "stop.sessions = 0" => "2:17: invalid value: integer `0`, expected a number of sessions \
            above zero";
    wrong_stop_finds:
        "stop.finds = \"all\"" => "2:14: invalid type: string \"all\", expected a whole number";
    wrong_stop_time:
        "stop.time = \"soon\"" => "2:13: invalid value: string \"soon\", expected a time above \
            zero such as \"250ms\", \"10s\", \"5min\" or \"2h\"";
    wrong_pattern_defaults:
        "patterns.defaults = 0" => "2:21: invalid type: integer `0`, expected a boolean";
    wrong_pattern_words:
        "patterns.words = [\"a\"]" => "2:18: invalid type: sequence, expected a table",
        "patterns.words.a = 1.5" => "2:20: the weight of `a` is 1.5, expected a number from -1 to \
            1",
        "patterns.words.\"\" = 1.0" => "2:21: expected a word, found nothing";
    wrong_pattern_expressions:
        "patterns.expressions.'a(' = 1.0" => "2:29: no pattern can be made of `a(`: unclosed group";
    wrong_pattern_ignore:
        "patterns.ignore = 'a'" => "2:19: invalid type: string \"a\", expected a list",
        "patterns.ignore = ['a', '*']" => "2:25: no pattern can be made of `*`: repetition \
            operator missing expression";
    wrong_pattern_lines:
        "patterns.lines = 0" => "2:18: invalid value: integer `0`, expected a number of lines \
            above zero";
}

#[test]
fn wrong_command() {
    let missing = "1:1: missing field `command`, expected the program under test";
    assert_eq!(faults("name = \"a\""), [missing]);
    let empty = "1:11: invalid value: string \"\", expected the program under test";
    assert_eq!(faults("command = \"\""), [empty]);
    assert_eq!(faults("command = 1"), ["1:11: invalid type: integer `1`, expected a string"]);
}

#[test]
fn wrong_tables_and_unknown_fields() {
    let table = "1:10: invalid type: string \"1s\", expected a table of limits";
    assert_eq!(faults("limits = \"1s\""), [table]);
    let [fault] = faults("command = \"a\"\nsead = 1").try_into().unwrap();
    assert!(fault.starts_with("2:1: unknown field `sead`, expected one of `name`,"), "{fault}");
    let [fault] = faults("command = \"a\"\n[limits]\n  tme = 1").try_into().unwrap();
    assert!(fault.starts_with("3:3: unknown field `tme`, expected one of `time`,"), "{fault}");
}

#[test]
fn text_that_is_no_toml_says_where() {
    let [fault] = faults("command = \"a\"\nname = \n").try_into().unwrap();
    assert!(fault.starts_with("2:8: "), "{fault}");
    let [fault] = faults("command = \"a\"\ncommand = \"b\"\n").try_into().unwrap();
    assert!(fault.starts_with("2:1: duplicate key"), "{fault}");
}

#[test]
fn all_faults_are_said_at_once_and_in_order() {
    let places: Vec<_> = FULL.lines().zip(1..).filter(|(line, _)| line.contains(" = ")).collect();
    let value = |line: &str| line.split(" = ").next().unwrap().to_owned() + " = 1979-05-27";
    let text: Vec<_> = FULL
        .lines()
        .map(|line| if line.contains(" = ") { value(line) } else { line.to_owned() })
        .collect();

    let faults = faults(&text.join("\n"));
    let lines: Vec<_> = faults.iter().map(|fault| fault.split(':').next().unwrap()).collect();
    let expected: Vec<_> = places.iter().map(|(_, line)| line.to_string()).collect();
    assert_eq!(lines, expected, "{faults:#?}");
}

#[test]
fn error_names_the_file() {
    let error = parse("command = 1\nname = 2").unwrap_err();
    assert_eq!(
        error.to_string(),
        "dir/a.toml:1:11: invalid type: integer `1`, expected a string\n\
         dir/a.toml:2:8: invalid type: integer `2`, expected a string"
    );
}

#[test]
fn file_is_read_and_bounded() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("project");
    fs::create_dir_all(&folder).unwrap();
    let (good, large) = (folder.join("good.toml"), folder.join("large.toml"));
    fs::write(&good, "command = \"./a\"").unwrap();
    fs::write(&large, "#".repeat(ProjectFile::MOST_BYTES + 1)).unwrap();

    assert_eq!(ProjectFile::read(&good).unwrap().command, folder.join("./a"));
    assert!(matches!(ProjectFile::read(&large), Err(ProjectFileError::TooLarge { .. })));
    let missing = ProjectFile::read(&folder.join("missing.toml"));
    assert!(matches!(missing, Err(ProjectFileError::Unread { .. })));
}

proptest! {
    #[test]
    fn any_change_of_a_file_is_read_or_refused(
        at in 0..FULL.len(),
        length in 0..20_usize,
        put in "[\"=\\[\\]{}.,a0-9\n -]{0,6}",
    ) {
        let end = (at + length).min(FULL.len());
        let text = [&FULL[..at], &put, &FULL[end..]].concat();
        if let Err(ProjectFileError::Wrong { faults, .. }) = parse(&text) {
            prop_assert!(!faults.is_empty());
        }
    }
}
