//! A directory for each session, kept with everything that is needed to run it again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lyceum_core::BoxError;
use lyceum_macros::{Event, agent};
use lyceum_universe::Step;
use lyceum_universe::events::{SessionDone, SessionRename};
use serde::{Deserialize, Serialize};

use super::{ExitOpinion, MangleFilenames, OutputOpinion, SessionProgram, judgement, printed};
use crate::hunt::Folders;
use crate::process::Input;
use crate::project::INPUT_FILE;
use crate::{DirectoryName, Find, Replay};

/// How many directories of successes are kept unless something else is said.
const SUCCESSES: usize = 1_000;

/// The session has a directory; sent by a [`SessionDirectory`] when it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
pub struct SessionDirectoryMade {
    /// Where.
    pub path: PathBuf,
}

/// Gives each session a directory of its own, and keeps it where the session was a success.
///
/// It sends [`SessionDirectoryMade`], and whoever writes files or has a program run does so there.
/// At the end of the session the directory is named after what was found and by what agents added
/// to the session's name, as `sigsegv` or `timeout-cpu_load`. A [`Replay`] is in it, if a
/// [`Process`](super::Process) ran a program, with its input and the files of a
/// [`Mangler`](super::Mangler): programs name them as they lie in the directory, without its path.
/// Directories of dull sessions go at once, or are kept [up to a number](Self::keep_dull).
///
/// ```
/// use lyceum_campaign::agents::{SessionDirectory, SessionDirectoryMade};
/// use lyceum_core::{BoxError, Node};
/// use lyceum_macros::agent;
/// use lyceum_universe::{Project, Step, Universe};
///
/// /// Writes something down in each session.
/// struct Writer;
///
/// #[agent(crate = "lyceum_campaign")]
/// impl Writer {
///     #[event]
///     fn write(
///         &mut self,
///         made: &SessionDirectoryMade,
///         cx: &mut Step<'_>,
///     ) -> Result<(), BoxError> {
///         std::fs::write(made.path.join("number"), cx.session().number().to_string())?;
///         cx.session().stop();
///         Ok(())
///     }
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let folder = std::env::temp_dir().join(format!("sessions-{}", std::process::id()));
///     let project = Project::new("numbers")
///         .agent("directory", SessionDirectory::new(&folder)?.keep_dull(2))
///         .agent("writer", Writer)
///         .max_sessions(5);
///     Universe::builder().on(Node::local()).build().run(project).await?;
///
///     let kept: Result<Vec<_>, _> = std::fs::read_dir(&folder)?.collect();
///     assert_eq!(kept?.len(), 2, "of five, the last two");
///     assert_eq!(std::fs::read_to_string(folder.join("session-5/number"))?, "5");
///     std::fs::remove_dir_all(&folder)?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct SessionDirectory {
    base: PathBuf,
    folders: Folders,
    keeps_dull: bool,
    /// How many more successes are kept.
    room: usize,
    accepted: Vec<u8>,
    is_sandboxed: bool,
    current: Option<PathBuf>,
    name: DirectoryName,
    files: Vec<String>,
    is_success: bool,
}

impl SessionDirectory {
    /// Makes an agent that makes directories in a folder, which it makes if it is not there.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn new(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let base = folder.into();
        fs::create_dir_all(&base)?;
        Ok(Self {
            folders: Folders::new(base.clone(), 0),
            base,
            keeps_dull: false,
            room: SUCCESSES,
            accepted: vec![0],
            is_sandboxed: true,
            current: None,
            name: DirectoryName::new(),
            files: Vec::new(),
            is_success: false,
        })
    }

    /// Keeps the directories of so many dull sessions, the last ones.
    #[must_use]
    pub fn keep_dull(mut self, most: usize) -> Self {
        self.folders = Folders::new(self.base.clone(), most);
        self.keeps_dull = most > 0;
        self
    }

    /// Keeps the directories of so many successes, the first ones; others count as dull. 1,000
    /// unless set.
    #[must_use]
    pub fn keep_successes(mut self, most: usize) -> Self {
        self.room = most;
        self
    }

    /// Says which exit codes are no failure when a session is run again; 0 unless set.
    #[must_use]
    pub fn accept(mut self, codes: Vec<u8>) -> Self {
        self.accepted = codes;
        self
    }

    /// Lets sessions be run again without a sandbox, as they were.
    #[must_use]
    pub fn without_sandbox(mut self) -> Self {
        self.is_sandboxed = false;
        self
    }

    /// Keeps the session's directory under the name of what was found.
    fn keep(&mut self, current: &Path, find: Option<&Find>) -> Result<PathBuf, BoxError> {
        let mut name = find.map(Find::directory).unwrap_or_default();
        if !self.name.is_empty() {
            name.push(&self.name.to_string());
        }
        let claimed = self.folders.claim(&name);
        let claimed =
            claimed.map_err(|error| format!("cannot make a directory {name}: {error}"))?;
        let kept = self.base.join(claimed);
        // It may have vanished, but what was found is known all the same.
        fs::create_dir_all(current)
            .map_err(|error| format!("cannot make {}: {error}", current.display()))?;
        // The one that was made for the name is empty.
        fs::rename(current, &kept)
            .map_err(|error| format!("cannot keep {}: {error}", kept.display()))?;
        Ok(kept)
    }

    /// Writes what is needed to run the session's program again.
    fn write_replay(
        &self,
        kept: &Path,
        SessionProgram(program): &SessionProgram,
        find: Option<&Find>,
    ) -> Result<(), BoxError> {
        let input = match &program.input {
            Input::Nothing => Vec::new(),
            Input::Bytes(bytes) => bytes.clone(),
            Input::File(path) => fs::read(path)
                .map_err(|error| format!("cannot keep the input {}: {error}", path.display()))?,
        };
        let path = kept.join(INPUT_FILE);
        fs::write(&path, input)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        let files = self.files.clone();
        let replay = Replay::of_program(program, &self.accepted, files, self.is_sandboxed, find)?;
        Ok(replay.write(kept)?)
    }
}

/// Returns what a program printed where no probe has read it.
fn unread(program: Option<&SessionProgram>) -> OutputOpinion {
    let files = program.map(|SessionProgram(run)| [run.output_path(), run.error_output_path()]);
    let output = files.map_or_else(Vec::new, |files| printed(&files));
    OutputOpinion { output, ..OutputOpinion::default() }
}

#[agent]
impl SessionDirectory {
    #[init]
    fn init(&mut self) {
        self.name = DirectoryName::new();
        self.files.clear();
        self.is_success = false;
    }

    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let mut name = DirectoryName::new();
        name.push("running");
        let claimed = self.folders.claim(&name);
        let claimed =
            claimed.map_err(|error| format!("no directory in {}: {error}", self.base.display()))?;
        let path = self.base.join(claimed);
        self.current = Some(path.clone());
        Ok(cx.send(SessionDirectoryMade { path })?)
    }

    #[event]
    fn rename(&mut self, rename: &SessionRename) {
        self.name.push(&rename.part);
    }

    #[event]
    fn mangled(&mut self, mangled: &MangleFilenames) {
        self.files.clone_from(&mangled.names);
    }

    #[event(session_success)]
    fn success(&mut self) {
        self.is_success = true;
    }

    #[event]
    fn done(&mut self, _done: &SessionDone, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let Some(current) = self.current.take() else { return Ok(()) };
        let is_kept = self.is_success && self.room > 0;
        if !is_kept && !self.keeps_dull {
            // It may have vanished.
            let _gone = fs::remove_dir_all(current);
            return Ok(());
        }
        let opinion = cx.session().get::<ExitOpinion>().copied();
        let program = cx.session().get::<SessionProgram>().cloned();
        let output = cx.session().get::<OutputOpinion>().cloned();
        let output = output.unwrap_or_else(|| unread(program.as_ref()));
        let kind = opinion.and_then(|opinion| opinion.kind);
        let find = judgement::find(self.is_success, kind, &output, &self.name);
        let kept = self.keep(&current, find.as_ref())?;
        if let Some(program) = program {
            self.write_replay(&kept, &program, find.as_ref())?;
        }
        if is_kept {
            self.room -= 1;
        } else {
            self.folders.kept_dull(kept);
        }
        Ok(())
    }

    /// Nobody knows what would have been found in a session that did not come to its end.
    #[deinit]
    fn deinit(&mut self) {
        if let Some(current) = self.current.take() {
            let _gone = fs::remove_dir_all(current);
        }
    }
}
