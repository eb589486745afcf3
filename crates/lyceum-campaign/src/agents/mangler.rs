//! An actuator: changes files, and puts them into the session's directory.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use lyceum_core::BoxError;
use lyceum_macros::{Event, agent};
use lyceum_universe::Step;
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{AggressivityValue, SessionDirectoryMade};
use crate::Mutator;

/// The session's changed files are there; sent by a [`Mangler`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
pub struct MangleFilenames {
    /// The session's directory.
    pub directory: PathBuf,
    /// The names of the files in it, in the order of their sources.
    pub names: Vec<String>,
}

/// Changes files for each session: writes them into the session's directory under their own names,
/// and sends [`MangleFilenames`].
///
/// It waits for the directory, which a [`SessionDirectory`](super::SessionDirectory) makes, and for
/// the strength, which [`Aggressivity`](super::Aggressivity) tells, unless
/// [it has one](Self::with_strength). The ends of other files may get into a file.
///
/// ```
/// use std::fs;
///
/// use lyceum_campaign::agents::{Aggressivity, MangleFilenames, Mangler, SessionDirectory};
/// use lyceum_campaign::{Mutator, Strength};
/// use lyceum_core::{BoxError, Node};
/// use lyceum_macros::agent;
/// use lyceum_universe::{Project, Step, Universe};
///
/// /// Stands in for a program that takes every file for text.
/// #[derive(Default)]
/// struct Reader {
///     score: Option<f64>,
/// }
///
/// #[agent(crate = "lyceum_campaign")]
/// impl Reader {
///     #[event]
///     fn read(&mut self, files: &MangleFilenames, cx: &mut Step<'_>) -> Result<(), BoxError> {
///         let bytes = fs::read(files.directory.join(&files.names[0]))?;
///         let is_text = String::from_utf8(bytes).is_ok();
///         self.score = Some(if is_text { 0.0 } else { 1.0 });
///         if !is_text {
///             cx.session().rename("no_text");
///         }
///         cx.session().stop();
///         Ok(())
///     }
///
///     #[score]
///     fn score(&self) -> Option<f64> {
///         self.score
///     }
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let folder = std::env::temp_dir().join(format!("mangler-{}", std::process::id()));
///     fs::create_dir_all(&folder)?;
///     fs::write(folder.join("plain.txt"), "nothing but words")?;
///     let sessions = folder.join("sessions");
///
///     let mangler = Mangler::new([folder.join("plain.txt")], Mutator::new(1_024))?;
///     let project = Project::new("text")
///         .agent("directory", SessionDirectory::new(&sessions)?)
///         .agent("aggressivity", Aggressivity::new(Strength::new(0.10), 0.5))
///         .agent("mangler", mangler)
///         .agent("reader", Reader::default())
///         .max_sessions(1_000);
///     let report = Universe::builder().seed(1).on(Node::local()).build().run(project).await?;
///
///     assert_eq!(report.successes, 1);
///     let kept: Vec<_> = fs::read_dir(&sessions)?.collect();
///     assert_eq!(kept.len(), 1, "dull sessions leave nothing");
///     let file = fs::read(sessions.join("opinion-no_text/plain.txt"))?;
///     assert!(String::from_utf8(file).is_err());
///     fs::remove_dir_all(&folder)?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Mangler {
    sources: Vec<Source>,
    mutator: Mutator,
    fixed: Option<f64>,
    strength: Option<f64>,
    directory: Option<PathBuf>,
}

/// A file as it was.
#[derive(Debug)]
struct Source {
    name: String,
    bytes: Vec<u8>,
}

impl Mangler {
    /// The most files that one changes.
    pub const MOST_FILES: usize = 1_000;

    /// Makes an agent that changes all of these files for each session. They are read now, each as
    /// far as the mutator's results may go.
    ///
    /// # Errors
    ///
    /// One of them cannot be read or is no plain file, two have the same name, there is none, or
    /// there are too many.
    pub fn new(files: impl IntoIterator<Item = PathBuf>, mutator: Mutator) -> io::Result<Self> {
        let mut sources: Vec<Source> = Vec::new();
        for path in files {
            let source = Source::read(&path, mutator.max_size())?;
            if sources.iter().any(|known| known.name == source.name) {
                return Err(unusable(&format!("two files are named `{}`", source.name)));
            }
            if sources.len() == Self::MOST_FILES {
                let text = format!("more than {} files to change", Self::MOST_FILES);
                return Err(unusable(&text));
            }
            sources.push(source);
        }
        if sources.is_empty() {
            return Err(unusable("no file to change"));
        }
        Ok(Self { sources, mutator, fixed: None, strength: None, directory: None })
    }

    /// Sets how strongly files are changed, so that nobody needs to tell it.
    #[must_use]
    pub fn with_strength(mut self, strength: f64) -> Self {
        self.fixed = Some(strength);
        self
    }

    /// Changes the files once everything is there.
    fn mangle(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let (Some(strength), Some(directory)) = (self.fixed.or(self.strength), &self.directory)
        else {
            return Ok(());
        };
        let random = cx.random();
        for (place, source) in self.sources.iter().enumerate() {
            let other = self.sources.len().checked_sub(1).filter(|others| *others > 0);
            let other = other.map(|others| {
                let drawn = random.random_range(0..others);
                self.sources[if drawn >= place { drawn + 1 } else { drawn }].bytes.as_slice()
            });
            let mutant = self.mutator.mutate(&source.bytes, other, strength, random);
            let path = directory.join(&source.name);
            fs::write(&path, mutant.bytes)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        let names = self.sources.iter().map(|source| source.name.clone()).collect();
        let directory = directory.clone();
        (self.strength, self.directory) = (None, None);
        Ok(cx.send(MangleFilenames { directory, names })?)
    }
}

impl Source {
    fn read(path: &Path, most: usize) -> io::Result<Self> {
        let because = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display()))
        };
        // Asked before it is opened: opening a pipe would wait for its other end.
        if !fs::metadata(path).map_err(because)?.is_file() {
            return Err(unusable(&format!("{} is no plain file", path.display())));
        }
        let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        let name = name.ok_or_else(|| unusable(&format!("the name of {path:?} is no text")))?;
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(because)?;
        file.take(most as u64).read_to_end(&mut bytes).map_err(because)?;
        Ok(Self { name, bytes })
    }
}

fn unusable(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

#[agent]
impl Mangler {
    #[init]
    fn init(&mut self) {
        (self.strength, self.directory) = (None, None);
    }

    #[event]
    fn strength(&mut self, value: &AggressivityValue, cx: &mut Step<'_>) -> Result<(), BoxError> {
        self.strength = Some(value.value);
        self.mangle(cx)
    }

    #[event]
    fn directory(
        &mut self,
        made: &SessionDirectoryMade,
        cx: &mut Step<'_>,
    ) -> Result<(), BoxError> {
        self.directory = Some(made.path.clone());
        self.mangle(cx)
    }
}
