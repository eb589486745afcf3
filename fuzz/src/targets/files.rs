//! Files of campaigns and universes: projects, dictionaries, reports and recordings.

use std::path::Path;

use lyceum::campaign::{Dictionary, ProjectFile, Report};
use lyceum::universe::Recording;

use super::{Target, bytes_of};
use crate::Digest;

/// A short expression may become a large program, of which much is allocated until it is refused.
pub(super) const TARGET: Target = Target { name: "files", run, seeds, budget: 256 << 20 };

const PROJECT: &str = "pname = \"a\"\ncommand = \"b\"\narguments = [\"{input}\"]\n\
    environment = { A = \"1\" }\naccept = [0]\nlimits = { time = \"2s\", memory = \"1MiB\" }\n\
    [patterns]\ndefaults = false\nwords = { a = 1.0 }\nexpressions = { '^b+' = -1.0 }\n";

const RECORDING: &str = "u{\"lyceum_universe\":1,\"seed\":7,\"project\":\"p\"}\n\
    {\"step\":1,\"entry\":{\"input\":{\"event\":\"a\",\"arguments\":[1],\"to\":2}}}\n\
    {\"step\":3,\"entry\":\"timeout\"}\n{\"steps\":4,\"hash\":5}\n";

fn seeds() -> Vec<Vec<u8>> {
    let mut all = bytes_of(&[
        PROJECT,
        "pcommand = \"/bin/cat\"\ninput = \"stdin\"\n[stop]\ntime = \"5min\"\nfinds = 3\n",
        "da=\"\\x89b\"\n# c\n\"d\\\\\"\n",
        RECORDING,
    ]);
    all.push(format!("r{}", Report::default().to_json()).into_bytes());
    all
}

/// The first byte says what it is a file of.
fn run(bytes: &[u8]) -> Digest {
    let Some((first, rest)) = bytes.split_first() else { return Digest::of("nothing") };
    if *first == b'u' {
        let recording = Recording::read(rest);
        return Digest::of(recording.map(drop).map_err(|error| error.to_string()));
    }
    let Ok(text) = std::str::from_utf8(rest) else { return Digest::of("no text") };
    match first {
        b'd' => {
            let words = Dictionary::parse(text).map(|words| words.into_words().len());
            Digest::of(words.map(letters).map_err(|error| error.to_string()))
        }
        b'r' => Digest::of(
            Report::from_json(text)
                .map(|report| written(&report))
                .map_err(|error| error.to_string()),
        ),
        _ => {
            let project = ProjectFile::parse(text, Path::new("a.toml"));
            let project = project.map(|project| letters(project.arguments_for("i").len()));
            Digest::of(project.map_err(|error| error.to_string()))
        }
    }
}

/// Writes a report in each form, and returns how many finds it has.
fn written(report: &Report) -> String {
    let json = report.to_json();
    let again = Report::from_json(&json).expect("what is written can be read");
    assert_eq!(again.finds.len(), report.finds.len());
    assert!(report.to_html().ends_with("</html>\n") && report.to_text().starts_with("Campaign "));
    letters(report.finds.len())
}

/// Returns a number as letters: digits do not count.
fn letters(number: usize) -> String {
    "n".repeat(number.min(20))
}
