//! What reads bytes from outside stands what the mutator makes of them.

use std::path::Path;

use lyceum_campaign::process::Ending;
use lyceum_campaign::{
    Dictionary, Find, FindKind, Mutator, Novelty, ProjectFile, ProjectFileError, Report,
};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// What programs print when they end, as it is read.
const ENDS: &[&str] = &[
    "thread 'main' (12) panicked at src/parse.rs:41:9:\nindex 7 of 3\nstack backtrace:\n   \
     2: parser::value::h0123456789abcdef\n             at ./src/parse.rs:41:9\n",
    "thread 'main' panicked at 'index 7', src/a.rs:1:2\n",
    "==12==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60\n    \
     #0 0x4b in parse /t/src/main.c:12:3\n    #1 0x7f (/lib/libc.so.6+0x2d)\n",
    "#1  0x55 in check (text=0x7f \"a at b\", n=3) at main.c:7\n",
    "a.out: src/main.c:12: check(int): Assertion `x > 3' failed.\n",
    "main.c:3:7: runtime error: signed integer overflow\n",
    "Traceback:\n  File \"/t/main.py\", line 9, in <module>\n    parse()\n",
    "can't read 'größe' at 0x7ffc12: memory allocation of 99 bytes failed\n",
];

const PROJECT: &str = "name = \"a\"\ncommand = \"b\"\narguments = [\"{input}\"]\n\
    environment = { A = \"1\" }\naccept = [0]\nlimits = { time = \"2s\", memory = \"1MiB\" }\n\
    [patterns]\ndefaults = false\nwords = { a = 1.0 }\nexpressions = { '^b+' = -1.0 }\n";

/// Mutates the inputs so often, and hands over what comes of it.
fn sessions(count: u64, inputs: &[&str], words: &[&str], mut see: impl FnMut(&[u8])) {
    let words = words.iter().map(|word| word.as_bytes().to_vec());
    let mutator = Mutator::new(8 << 10).with_words(words);
    let mut random = SmallRng::seed_from_u64(23);
    for session in 0..count {
        let input = inputs[random.random_range(0..inputs.len())].as_bytes();
        let other = inputs[random.random_range(0..inputs.len())].as_bytes();
        let strength = (session % 100) as f64 / 100.0;
        see(&mutator.mutate(input, Some(other), strength, &mut random).bytes);
    }
}

#[test]
fn ends_of_programs_are_read_whatever_they_say() {
    let words = ["panicked at ", "'", "`", "#0 0x", ": Assertion ", "File \"", "\", in ", "::h"];
    let mut novelty = Novelty::default();
    sessions(6_000, ENDS, &words, |output| {
        let find = Find::new(FindKind::Signal(6), output, None);
        assert!(find.key().len() < 4_000, "{find}");
        assert!(find.directory().to_string().len() < 255);
        novelty.is_new(Ending::Code(0), output, output);
    });
}

#[test]
fn project_files_are_read_or_refused() {
    let words = ["[limits]", "= 1e999", "\"\"\"", "'", "1979-05-27", "{input}", "inf", "(?i)"];
    let mut faults = 0;
    sessions(1_500, &[PROJECT], &words, |text| {
        let text = String::from_utf8_lossy(text);
        match ProjectFile::parse(&text, Path::new("a.toml")) {
            Ok(project) => assert!(project.strength >= 0.01 && !project.limits.time.is_zero()),
            Err(ProjectFileError::Wrong { faults: some, .. }) => {
                faults += some.len();
                let lines = text.split('\n').count();
                assert!(some.iter().all(|one| (1..=lines).contains(&one.line)), "{some:?}");
            }
            Err(error) => panic!("{error}"),
        }
    });
    assert!(faults > 1_000, "{faults}");
}

#[test]
fn dictionaries_are_read_or_refused() {
    let words = ["\\x", "\"", "\\", "=", "#"];
    sessions(6_000, &["a=\"\\x89b\"\n# c\n\"d\\\\\"\n"], &words, |text| {
        let _refused = Dictionary::parse(&String::from_utf8_lossy(text));
    });
}

#[test]
fn reports_are_read_or_refused() {
    let json = Report::default().to_json();
    let mut read = 0;
    sessions(2_000, &[&json], &["1e308", "-0", "null", "[", "\"version\": 1"], |text| {
        if let Ok(report) = Report::from_json(&String::from_utf8_lossy(text)) {
            assert!(report.to_html().ends_with("</html>\n"));
            read += 1;
        }
    });
    assert!(read > 20, "{read}");
}
