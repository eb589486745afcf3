//! From words to settings, with all that is wrong on the way.

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use super::error::{Faults, ProjectFault};
use super::field::{Field, List};
use super::file::{FileText, LimitsText, StopText};
use super::patterns;
use super::settings::{InputWay, Kept, ProjectFile, ProjectLimits, StopLimits};

/// The strength where none is said.
const STRENGTH: f64 = 0.1;

/// The most trials for one find where none are said.
const TRIALS: i64 = 2_000;

/// The largest input that can be asked for.
const INPUT_SIZE: u64 = 1 << 30;

/// Reads and checks the text of a file.
pub(super) fn check(text: &str, file: &Path) -> Result<ProjectFile, Vec<ProjectFault>> {
    let mut faults = Faults::of(text);
    let read: FileText = match toml::from_str(text) {
        Ok(read) => read,
        Err(error) => {
            faults.add(error.span().unwrap_or(0..0), error.message());
            return Err(faults.into_sorted());
        }
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut checking = Checking { faults, folder };
    let project = checking.project(read, file);
    match project {
        Some(project) if checking.faults.is_empty() => Ok(project),
        _ => Err(checking.faults.into_sorted()),
    }
}

/// What is checked, and what was wrong so far.
pub(super) struct Checking<'t> {
    pub(super) faults: Faults<'t>,
    folder: &'t Path,
}

impl Checking<'_> {
    /// Returns the settings; none where one cannot be made up.
    fn project(&mut self, file: FileText, path: &Path) -> Option<ProjectFile> {
        let command = self.command(file.command);
        let arguments = self.texts(file.arguments.as_ref());
        let input = self.input(
            file.input,
            file.arguments.as_ref().map(|list| list.span.clone()),
            &arguments,
        );
        let limits = self.limits(&file.limits);
        let patterns = patterns::table(self, &file.patterns);
        let name = self.name(file.name, path);
        let environment = self.environment(file.environment);
        let inherit = self.inherit(file.inherit.as_ref());
        let seeds = self.path(file.seeds);
        let dictionary = self.path(file.dictionary);
        let directory = self.path(file.directory);
        let keep = self.take(file.keep).unwrap_or(Kept::Finds);
        let universes = self.count(file.universes, 1..=1_024, "from 1 to 1,024");
        let seed = self.count(file.seed, 0..=i64::MAX, "that is not below zero");
        let trials = self.count(file.minimize, 0..=1_000_000, "of trials from 0 to 1,000,000");
        let strength = self.number(file.strength, 0.01..=1.0, "from 0.01 to 1");
        let size = self.size(file.input_size);
        let accepted_exit_codes = self.exit_codes(file.accept.as_ref());
        let success_score = self.number(file.scores.success, 0.01..=10.0, "from 0.01 to 10");
        let error_score = self.number(file.scores.error, -10.0..=-0.01, "from -10 to -0.01");
        let lines = self.count(file.patterns.lines, 1..=i64::MAX, "of lines above zero");
        let stop = self.stop(file.stop);
        let sandbox = self.take(file.sandbox);
        let adaptive = self.take(file.adaptive);
        Some(ProjectFile {
            directory: directory.unwrap_or_else(|| self.folder.join(format!("{name}-campaign"))),
            name,
            command: command?,
            arguments,
            input,
            input_size: size,
            environment,
            inherit,
            seeds,
            dictionary,
            keep,
            is_sandboxed: sandbox.unwrap_or(true),
            universes: universes.map(|universes| universes as usize),
            seed: seed.map(i64::cast_unsigned),
            strength: strength.unwrap_or(STRENGTH),
            is_adaptive: adaptive.unwrap_or(true),
            minimize_trials: trials.unwrap_or(TRIALS) as usize,
            accepted_exit_codes,
            limits,
            success_score: success_score.unwrap_or(0.5),
            error_score: error_score.unwrap_or(-0.5),
            stop,
            patterns: patterns?,
            line_limit: lines.map(i64::cast_unsigned),
        })
    }

    /// Takes a field, or says what is wrong with it.
    pub(super) fn take<T>(&mut self, field: Option<Field<T>>) -> Option<T> {
        let field = field?;
        match field.value {
            Ok(value) => Some(value),
            Err(what) => {
                self.faults.add(field.span, what);
                None
            }
        }
    }

    /// Takes a whole number within a range.
    fn count(
        &mut self,
        field: Option<Field<i64>>,
        range: RangeInclusive<i64>,
        expected: &str,
    ) -> Option<i64> {
        let span = field.as_ref().map(|field| field.span.clone());
        let count = self.take(field)?;
        if range.contains(&count) {
            return Some(count);
        }
        let what = format!("invalid value: integer `{count}`, expected a number {expected}");
        self.faults.add(span?, what);
        None
    }

    /// Takes a number within a range.
    fn number(
        &mut self,
        field: Option<Field<f64>>,
        range: RangeInclusive<f64>,
        expected: &str,
    ) -> Option<f64> {
        let span = field.as_ref().map(|field| field.span.clone());
        let number = self.take(field)?;
        if range.contains(&number) {
            return Some(number);
        }
        let what =
            format!("invalid value: floating point `{number}`, expected a number {expected}");
        self.faults.add(span?, what);
        None
    }

    /// Takes a text that is neither empty nor has a zero byte.
    fn text(&mut self, field: Option<Field<String>>, expected: &str) -> Option<String> {
        let span = field.as_ref().map(|field| field.span.clone());
        let text = self.take(field)?;
        if !text.is_empty() && !text.contains('\0') {
            return Some(text);
        }
        self.faults.add(span?, format!("invalid value: string {text:?}, expected {expected}"));
        None
    }

    fn path(&mut self, field: Option<Field<String>>) -> Option<PathBuf> {
        let path = self.text(field, "a path")?;
        Some(self.folder.join(path))
    }

    /// Takes a list of texts.
    pub(super) fn texts(&mut self, list: Option<&List<String>>) -> Vec<String> {
        let fields = self.elements(list);
        fields.into_iter().filter_map(|field| self.take(Some(field))).collect()
    }

    fn elements<T: Clone>(&mut self, list: Option<&List<T>>) -> Vec<Field<T>> {
        match list.map(|list| (&list.elements, &list.span)) {
            Some((Ok(elements), _)) => elements.clone(),
            Some((Err(what), span)) => {
                self.faults.add(span.clone(), what.as_str());
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn name(&mut self, field: Option<Field<String>>, file: &Path) -> String {
        let span = field.as_ref().map(|field| field.span.clone());
        let Some(name) = self.take(field) else {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            let stem = stem.replace(|letter| !is_of_name(letter), "_");
            return if stem.is_empty() { "project".to_owned() } else { stem };
        };
        let is_name = (1..=40).contains(&name.chars().count()) && name.chars().all(is_of_name);
        if !is_name {
            let what = format!(
                "invalid value: string {name:?}, expected a name of 1 to 40 letters, digits, `_` \
                 and `-`"
            );
            self.faults.add(span.unwrap_or(0..0), what);
        }
        name
    }

    fn command(&mut self, field: Option<Field<String>>) -> Option<PathBuf> {
        if field.is_none() {
            self.faults.add(0..0, "missing field `command`, expected the program under test");
        }
        let command = self.text(field, "the program under test")?;
        Some(if command.contains('/') { self.folder.join(command) } else { command.into() })
    }

    /// Takes how the input is given, which must fit the arguments.
    fn input(
        &mut self,
        field: Option<Field<InputWay>>,
        list: Option<Range<usize>>,
        arguments: &[String],
    ) -> InputWay {
        let has_place = arguments.iter().any(|argument| argument.contains(ProjectFile::INPUT));
        let by_arguments = if has_place { InputWay::File } else { InputWay::Stdin };
        let span = field.as_ref().map(|field| field.span.clone());
        let Some(input) = self.take(field) else { return by_arguments };
        if input != by_arguments {
            let what = if has_place {
                "the arguments have `{input}`, expected `input = \"file\"`"
            } else {
                "no argument has `{input}`, expected one for the file with the input"
            };
            self.faults.add(list.or(span).unwrap_or(0..0), what);
        }
        input
    }

    fn environment(
        &mut self,
        table: Option<super::field::Entries<String>>,
    ) -> Vec<(String, String)> {
        let Some(table) = table else { return Vec::new() };
        let entries = match table.entries {
            Ok(entries) => entries,
            Err(what) => {
                self.faults.add(table.span, what);
                return Vec::new();
            }
        };
        let mut variables = Vec::new();
        for (name, field) in entries {
            self.variable(&name, &field.span);
            let span = field.span.clone();
            let Some(value) = self.take(Some(field)) else { continue };
            if value.contains('\0') {
                self.faults.add(span, "invalid value: a zero byte, expected a text without");
            }
            variables.push((name, value));
        }
        variables
    }

    fn inherit(&mut self, list: Option<&List<String>>) -> Vec<String> {
        let mut names = Vec::new();
        for field in self.elements(list) {
            let span = field.span.clone();
            if let Some(name) = self.take(Some(field)) {
                self.variable(&name, &span);
                names.push(name);
            }
        }
        names
    }

    fn variable(&mut self, name: &str, span: &Range<usize>) {
        if name.is_empty() || name.contains(['=', '\0']) {
            let what = format!("invalid name {name:?}, expected the name of a variable");
            self.faults.add(span.clone(), what);
        }
    }

    fn size(&mut self, field: Option<Field<super::measure::Size>>) -> usize {
        let span = field.as_ref().map(|field| field.span.clone());
        let Some(size) = self.take(field) else { return 64 << 10 };
        if size.0 > INPUT_SIZE {
            let what = format!("invalid value: {} bytes, expected at most 1GiB", size.0);
            self.faults.add(span.unwrap_or(0..0), what);
        }
        usize::try_from(size.0.min(INPUT_SIZE)).unwrap_or(64 << 10)
    }

    fn exit_codes(&mut self, list: Option<&List<i64>>) -> Vec<u8> {
        if list.is_none() {
            return vec![0];
        }
        let mut codes = Vec::new();
        for field in self.elements(list) {
            let code = self.count(Some(field), 0..=255, "from 0 to 255");
            codes.extend(code.and_then(|code| u8::try_from(code).ok()));
        }
        codes
    }

    fn limits(&mut self, text: &LimitsText) -> ProjectLimits {
        let known = ProjectLimits::default();
        let time = self.take(text.time.clone()).map_or(known.time, |time| time.0);
        let processes = self.count(text.processes.clone(), 1..=10_000, "from 1 to 10,000");
        let files = self.count(text.files.clone(), 0..=1_000_000, "of files up to 1,000,000");
        let processes = processes.and_then(|processes| u32::try_from(processes).ok());
        ProjectLimits {
            time,
            cpu: self.take(text.cpu.clone()).map_or(time, |cpu| cpu.0),
            memory: self.take(text.memory.clone()).map_or(known.memory, |size| size.0),
            file: self.take(text.file.clone()).map_or(known.file, |size| size.0),
            output: self.take(text.output.clone()).map_or(known.output, |size| size.0),
            processes: processes.unwrap_or(known.processes),
            files: files.map_or(known.files, |files| files as usize),
        }
    }

    fn stop(&mut self, text: StopText) -> StopLimits {
        let sessions = self.count(text.sessions, 1..=i64::MAX, "of sessions above zero");
        let finds = self.count(text.finds, 1..=1_000_000, "of finds from 1 to 1,000,000");
        StopLimits {
            sessions: sessions.map(i64::cast_unsigned),
            finds: finds.map(|finds| finds as usize),
            time: self.take(text.time).map(|time| time.0),
        }
    }
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'
}
