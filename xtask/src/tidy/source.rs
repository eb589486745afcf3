//! The files of the project, as the rules see them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::token::Token;

/// The files that git knows or would add.
pub(crate) struct Tree {
    /// The path of each file, of each folder, too; seen from the workspace's folder.
    pub(crate) paths: BTreeSet<String>,
    /// The files that hold text.
    pub(crate) sources: Vec<Source>,
}

impl Tree {
    /// Reads the files in the folder `root`.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self { paths: BTreeSet::new(), sources: Vec::new() };
        for path in listed(root)? {
            let file = root.join(&path);
            // A deleted file stays in git's list until the deletion is staged.
            if !file.is_file() {
                continue;
            }
            // What is not UTF-8 holds no text: its path alone counts.
            let text = String::from_utf8(fs::read(&file)?).ok();
            tree.insert(path, text);
        }
        Ok(tree)
    }

    /// Adds a file and the folders that it lies in.
    fn insert(&mut self, path: String, text: Option<String>) {
        for (at, _) in path.match_indices('/') {
            self.paths.insert(path[..at].to_owned());
        }
        self.paths.insert(path.clone());
        self.sources.extend(text.map(|text| Source { path, text }));
    }

    /// Returns the text file at `path`.
    pub(crate) fn source(&self, path: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.path == path)
    }
}

/// Asks git for the files that are tracked or could be, without the ignored ones.
fn listed(root: &Path) -> io::Result<BTreeSet<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let list = String::from_utf8_lossy(&output.stdout);
    Ok(list.split_terminator('\0').map(str::to_owned).collect())
}

/// A text file.
pub(crate) struct Source {
    /// Its path from the workspace's folder, with `/` between the parts.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

impl Source {
    /// Returns whether this is a Rust file.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Returns whether this is a case in a folder of `tests/`: code that need not compile.
    fn is_case(&self) -> bool {
        let inside = self.path.split_once("tests/").map(|(_, inside)| inside);
        inside.is_some_and(|inside| inside.contains('/'))
    }

    /// Returns the lines, counted from one.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Records that this file breaks `rule` at `line`.
    pub(crate) fn finding(&self, line: usize, rule: Rule, message: impl Into<String>) -> Finding {
        Finding::new(&self.path, line, rule, message)
    }
}

/// A Rust file, parsed.
pub(crate) struct RustFile<'a> {
    /// The file.
    pub(crate) source: &'a Source,
    /// What it declares.
    pub(crate) syntax: syn::File,
    /// Its tokens, macro bodies included, comments and docs left out.
    pub(crate) tokens: Vec<Token>,
    /// The lines that hold code, and not only blanks or comments.
    pub(crate) code_lines: BTreeSet<usize>,
}

impl<'a> RustFile<'a> {
    /// Parses the file.
    ///
    /// # Errors
    ///
    /// Where it cannot be parsed, the finding says so; there is none for a compile-fail case.
    pub(crate) fn parse(source: &'a Source) -> Result<Self, Option<Finding>> {
        let unreadable = |line: usize, error: &dyn std::fmt::Display| {
            let message = format!("cannot be parsed ({error}): make it compile");
            (!source.is_case()).then(|| source.finding(line, Rule::Unreadable, message))
        };
        let syntax = syn::parse_file(&source.text)
            .map_err(|error| unreadable(error.span().start().line, &error))?;
        let tokens = Token::all_of(&source.text).map_err(|error| unreadable(1, &error))?;
        let code_lines = tokens.iter().flat_map(Token::lines).collect();
        Ok(Self { source, syntax, tokens, code_lines })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Returns a tree of these files.
    pub(crate) fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree { paths: BTreeSet::new(), sources: Vec::new() };
        for (path, text) in files {
            tree.insert((*path).to_owned(), Some((*text).to_owned()));
        }
        tree
    }

    /// Returns a file.
    pub(crate) fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    /// Runs a rule over a Rust file and returns where and by which rule it found something.
    pub(crate) fn findings(
        check: impl Fn(&RustFile<'_>) -> Vec<Finding>,
        path: &str,
        text: &str,
    ) -> Vec<(usize, Rule)> {
        let source = source(path, text);
        let file = RustFile::parse(&source).unwrap_or_else(|error| panic!("{error:?}"));
        check(&file).into_iter().map(|finding| (finding.line, finding.rule)).collect()
    }

    #[test]
    fn blank_lines_and_comments_are_no_code() {
        let source = source("a.rs", "//! Doc.\n\n/* a\nb */\n/// Doc.\nfn a() {\n// why\n}\n");

        let file = RustFile::parse(&source).unwrap_or_else(|error| panic!("{error:?}"));

        assert_eq!(file.code_lines, BTreeSet::from([6, 8]));
    }

    #[test]
    fn broken_file_is_found_unless_it_is_a_case() {
        let broken = source("src/a.rs", "fn a( {");
        let case = source("crates/x/tests/ui/a.rs", "fn a( {");

        let finding = RustFile::parse(&broken).err().flatten().unwrap();
        assert_eq!((finding.line, finding.rule), (1, Rule::Unreadable));
        assert_eq!(RustFile::parse(&case).err(), Some(None));
    }
}
