//! What the tests of a suite run: its program, with tiny counts.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A suite's program, and where it may write.
#[derive(Clone, Copy, Debug)]
pub struct Smoke<'a> {
    pub program: &'a str,
    /// The verb.
    pub suite: &'a str,
    pub folder: &'a str,
}

impl Smoke<'_> {
    /// Runs one round of a case, and returns the rows of its file and what was said.
    ///
    /// # Panics
    ///
    /// If it fails, or a figure is none.
    pub fn rows(&self, case: &str, arguments: &[&str]) -> (Vec<Value>, String) {
        let file = Path::new(self.folder).join(format!("{case}.json"));
        let mut command = Command::new(self.program);
        command.args([self.suite, "--quick", "--rounds", "1", "--case", case, "--json"]);
        let output = command.arg(&file).args(arguments).output().expect("the benchmark starts");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{said}");
        let rows = fs::read(&file).expect("the file was written");
        let rows: Vec<Value> = serde_json::from_slice(&rows).expect("it is JSON");
        let is_figure = |figure: &Value| figure.as_f64().is_some_and(|figure| figure >= 0.0);
        for row in &rows {
            assert!(["min", "median", "max"].iter().all(|name| is_figure(&row[name])), "{row}");
            assert_eq!(row["rounds"], 1, "{row}");
        }
        (rows, said)
    }

    /// Runs one round of a case on some targets, and returns what was said.
    ///
    /// # Panics
    ///
    /// If one of them has not all figures, or another one has any.
    pub fn check(&self, case: &str, metrics: &[&str], targets: &[&str], more: &[&str]) -> String {
        let asked = targets.iter().flat_map(|target| ["--target", target]);
        let arguments: Vec<&str> = asked.chain(more.iter().copied()).collect();
        let (rows, said) = self.rows(case, &arguments);
        let found: Vec<[&str; 2]> =
            rows.iter().map(|row| fields(row, ["case", "target"])).collect();
        let of = |target| metrics.iter().map(move |metric| [*metric, target]);
        let expected: Vec<[&str; 2]> = targets.iter().copied().flat_map(of).collect();
        assert_eq!(found, expected, "{said}");
        said
    }
}

/// Returns some fields of a row.
///
/// # Panics
///
/// If one of them is no text.
pub fn fields<'a, const N: usize>(row: &'a Value, names: [&str; N]) -> [&'a str; N] {
    names.map(|name| row[name].as_str().expect("it is a text"))
}
