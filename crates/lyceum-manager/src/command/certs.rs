//! `certs`: a working set of certificates, for nodes that talk over `tls://`.

mod authority;
mod error;
mod files;
mod names;

use std::path::PathBuf;
use std::process::ExitCode;

use authority::Authority;
use clap::Args;
use error::CertsError;
use files::{Files, NodeFiles};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lyceum_core::{Node, Value};
use names::Names;
use serde_json::json;

use super::exit;
use super::failure::Failure;
use super::paint::Paint;
use super::print::Print;
use super::table::{Cell, Table};

/// How many years an authority is good for.
const AUTHORITY_YEARS: i32 = 10;
/// For how many days a certificate may be good: no longer than its authority.
const DAYS: i64 = 3650;

/// The options of a command that makes certificates. Give it to a program as a subcommand.
///
/// ```
/// use clap::Parser;
/// use lyceum_manager::Certs;
///
/// #[derive(Parser)]
/// enum Program {
///     Certs(Certs),
/// }
///
/// let program = Program::try_parse_from(["program", "certs", "localhost,127.0.0.1"])?;
/// let Program::Certs(certs) = program;
/// # if false {
/// certs.run();
/// # }
/// # Ok::<(), clap::Error>(())
/// ```
#[derive(Args, Clone, Debug)]
pub struct Certs {
    /// A node's host name or IP address; several of one node separated by commas, of which the
    /// first one names its files
    #[arg(value_name = "NAME[,NAME...]", required = true)]
    nodes: Vec<Names>,

    /// Where the files are; an authority that is there signs the new certificates, too
    #[arg(long, value_name = "FOLDER", default_value = "certificates")]
    directory: PathBuf,

    /// For how many days the nodes' certificates are good
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    #[arg(value_parser = clap::value_parser!(i64).range(1..=DAYS))]
    days: i64,

    /// Replaces certificates of nodes that are there; never the authority
    #[arg(long)]
    force: bool,

    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// From when to when a certificate is good.
#[derive(Clone, Copy)]
struct Period {
    from: Date,
    until: Date,
}

/// What was made.
struct Made<'c> {
    files: Files,
    /// Whether the authority was there before.
    reused: bool,
    nodes: Vec<(&'c Names, NodeFiles)>,
    until: Date,
}

impl Certs {
    /// Makes the certificates, and prints which, and how to use them.
    ///
    /// Returns one of the codes of [`exit`].
    pub fn run(&self) -> ExitCode {
        let print = Print::new(self.json);
        let done = self
            .execute()
            .map_err(Failure::from)
            .and_then(|made| print.either(|paint| made.text(paint), || made.json()));
        match done {
            Ok(()) => exit::DONE.into(),
            Err(failure) => {
                print.failure(&failure);
                failure.code().into()
            }
        }
    }

    fn execute(&self) -> Result<Made<'_>, CertsError> {
        names::check_different(&self.nodes)?;
        let files = Files::new(&self.directory);
        let nodes: Vec<_> = self.nodes.iter().map(|names| (names, files.node(names))).collect();
        if !self.force {
            // Before anything is written: all or nothing.
            nodes.iter().try_for_each(|(_, files)| files.check_free())?;
        }
        let from = yesterday()?;
        files.make_folder()?;
        let (authority, reused) = match files.authority()? {
            Some((certificate, key)) => (Authority::load(&certificate, &key)?, true),
            None => {
                let until = from.saturating_add(AUTHORITY_YEARS.years());
                let (authority, certificate, key) = Authority::make(Period { from, until })?;
                files.write_authority(&certificate, &key)?;
                (authority, false)
            }
        };
        files.check_authority()?;
        let until = from.saturating_add((self.days + 1).days());
        for (names, node) in &nodes {
            let (certificate, key) = authority.sign(names, Period { from, until })?;
            node.write(&certificate, &key, self.force)?;
            files.check(node)?;
        }
        Ok(Made { files, reused, nodes, until })
    }
}

/// Returns the day before this one: clocks of other machines may be behind.
fn yesterday() -> Result<Date, CertsError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let now = runtime.map_err(CertsError::Runtime)?.block_on(async { Node::local().utc() });
    Ok(now.to_zoned(TimeZone::UTC).date().saturating_sub(1.day()))
}

impl Made<'_> {
    fn json(&self) -> Value {
        let nodes = self.nodes.iter().map(|(names, files)| {
            json!({
                "names": names.all(),
                "certificate": files.certificate,
                "key": files.key,
                "until": self.until.to_string(),
            })
        });
        json!({
            "authority": {
                "certificate": self.files.authority,
                "key": self.files.authority_key,
                "reused": self.reused,
            },
            "nodes": nodes.collect::<Vec<_>>(),
        })
    }

    fn text(&self, paint: Paint) -> String {
        let mut table = Table::new().left("FOR").left("CERTIFICATE").left("KEY").left("UNTIL");
        let path = |path: &PathBuf| Cell::new(path.display().to_string());
        let is_new = if self.reused { "authority" } else { "authority (new)" };
        let authority = [path(&self.files.authority), path(&self.files.authority_key)];
        let [certificate, key] = authority;
        table.row(vec![Cell::new(is_new), certificate, key, Cell::new("")]);
        for (names, files) in &self.nodes {
            let until = Cell::new(self.until.to_string());
            let names = Cell::new(names.all().join(", "));
            table.row(vec![names, path(&files.certificate), path(&files.key), until]);
        }
        format!("{}\n{}", table.render(paint), self.advice())
    }

    /// Says what to write in a program.
    fn advice(&self) -> String {
        let Some((names, files)) = self.nodes.first() else { return String::new() };
        let (authority, name) = (self.files.authority.display(), names.host());
        let (certificate, key) = (files.certificate.display(), files.key.display());
        format!(
            "A node needs its own two files and {authority}. Keep {} where no node runs.\n\
             In the program, with the feature `tls` of the crate `lyceum`:\n\n    \
             use lyceum::network::{{Certificates, Network, Settings}};\n\n    \
             let certificates = Certificates::from_files(\n        \
             \"{authority}\",\n        \"{certificate}\",\n        \"{key}\",\n    )?;\n    \
             Network::attach(&node, Settings::default().certificates(certificates));\n    \
             node.listen(\"tls://{name}:5555\").await?;\n\n\
             Others connect to tls://{name}:5555/AGENT, with certificates of the same authority.\n",
            self.files.authority_key.display(),
        )
    }
}
