//! `lyceum campaign init`: files to begin with.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::{Failure, Verdict, print};

/// The project file.
const PROJECT: &str = include_str!("campaign.toml");

/// The inputs to begin with.
const SEEDS: [(&str, &str); 3] =
    [("empty-list", "[]\n"), ("pair", "name = value\n"), ("words", "three plain words\n")];

/// Writes a project file and three inputs, and leaves alone what is there.
pub(super) fn write(folder: &Path) -> Result<Verdict, Failure> {
    let seeds = folder.join("seeds");
    fs::create_dir_all(&seeds).map_err(|error| failed(&seeds, &error))?;
    let project = folder.join("campaign.toml");
    make(&project, PROJECT)?;
    for (name, text) in SEEDS {
        make(&seeds.join(name), text)?;
    }
    let (project, seeds) = (project.display(), seeds.display());
    print(&format!(
        "Wrote {project}, and three inputs in {seeds}.\n\
         Set `command` to your program, put inputs that it takes into {seeds}, then run\n\n    \
         lyceum campaign {project}\n"
    ));
    Ok(Verdict::Nothing)
}

fn make(path: &Path, text: &str) -> Result<(), Failure> {
    let made = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    made.map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::AlreadyExists => format!("{} is there already", path.display()).into(),
        _ => format!("cannot make {}: {error}", path.display()).into(),
    }
}
