//! The files of a set of certificates.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use lyceum_exchange::{Certificates, CertificatesError};

use super::error::CertsError;
use super::names::{AUTHORITY, Names};

/// Who may read a key: its owner alone.
const SECRET: u32 = 0o600;
/// Who may read a certificate: everybody.
const OPEN: u32 = 0o644;

/// Where the files are.
pub(super) struct Files {
    folder: PathBuf,
    pub(super) authority: PathBuf,
    pub(super) authority_key: PathBuf,
}

/// The files of one node.
pub(super) struct NodeFiles {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl Files {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
            authority: folder.join(format!("{AUTHORITY}.pem")),
            authority_key: folder.join(format!("{AUTHORITY}.key.pem")),
        }
    }

    pub(super) fn node(&self, names: &Names) -> NodeFiles {
        let file = |kind: &str| self.folder.join(format!("{}.{kind}.pem", names.file()));
        NodeFiles { certificate: file("certificate"), key: file("key") }
    }

    pub(super) fn make_folder(&self) -> Result<(), CertsError> {
        fs::create_dir_all(&self.folder).map_err(|cause| failed("make", &self.folder, cause))
    }

    /// Reads the authority's certificate and key, if it has been made.
    pub(super) fn authority(&self) -> Result<Option<(String, String)>, CertsError> {
        match (read(&self.authority)?, read(&self.authority_key)?) {
            (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
            (Some(_), None) => Err(CertsError::Half(self.authority_key.clone())),
            (None, Some(_)) => Err(CertsError::Half(self.authority.clone())),
            (None, None) => Ok(None),
        }
    }

    pub(super) fn write_authority(&self, certificate: &str, key: &str) -> Result<(), CertsError> {
        create(&self.authority_key, key, SECRET)?;
        create(&self.authority, certificate, OPEN)
    }

    /// Checks that the authority's key is that of its certificate.
    pub(super) fn check_authority(&self) -> Result<(), CertsError> {
        let all = Certificates::from_files(&self.authority, &self.authority, &self.authority_key);
        all.map(drop).map_err(CertsError::Authority)
    }

    /// Checks that a node can use its files.
    pub(super) fn check(&self, node: &NodeFiles) -> Result<(), CertsError> {
        let all: Result<_, CertificatesError> =
            Certificates::from_files(&self.authority, &node.certificate, &node.key);
        all.map(drop).map_err(CertsError::Unfit)
    }
}

impl NodeFiles {
    /// Checks that nothing would be overwritten.
    pub(super) fn check_free(&self) -> Result<(), CertsError> {
        let mut files = [&self.certificate, &self.key].into_iter();
        match files.find(|file| file.symlink_metadata().is_ok()) {
            Some(file) => Err(CertsError::Exists(file.clone())),
            None => Ok(()),
        }
    }

    /// Writes both files; `force` replaces those that are there.
    pub(super) fn write(
        &self,
        certificate: &str,
        key: &str,
        force: bool,
    ) -> Result<(), CertsError> {
        let write = if force { replace } else { create };
        write(&self.key, key, SECRET)?;
        write(&self.certificate, certificate, OPEN)
    }
}

fn read(file: &Path) -> Result<Option<String>, CertsError> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(failed("read", file, cause)),
    }
}

/// Writes a file that must not be there yet.
fn create(file: &Path, text: &str, mode: u32) -> Result<(), CertsError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
    let mut opened = opened.map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists => CertsError::Exists(file.into()),
        _ => failed("write", file, cause),
    })?;
    opened.write_all(text.as_bytes()).map_err(|cause| failed("write", file, cause))
}

/// Puts a new file in the place of one, which is whole at any time.
fn replace(file: &Path, text: &str, mode: u32) -> Result<(), CertsError> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    // What an earlier attempt left behind may be open to others.
    match fs::remove_file(&fresh) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            return Err(failed("replace", &fresh, cause));
        }
        _ => {}
    }
    create(&fresh, text, mode)?;
    fs::rename(&fresh, file).map_err(|cause| failed("replace", file, cause))
}

fn failed(verb: &'static str, file: &Path, cause: io::Error) -> CertsError {
    CertsError::Io { verb, file: file.into(), cause }
}
