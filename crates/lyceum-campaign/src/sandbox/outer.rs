//! A keeper's first process: it makes the namespaces, and waits for the one that lives in them.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::sched::CloneFlags;
use rustix::process::{getgid, getuid};

use crate::sandbox::fault::{AtStep, Fault, Step};
use crate::sandbox::message::Reply;
use crate::sandbox::{inner, privileges, socket, stub};

/// Namespaces besides that of users.
const NAMESPACES: CloneFlags = CloneFlags::CLONE_NEWNS
    .union(CloneFlags::CLONE_NEWPID)
    .union(CloneFlags::CLONE_NEWNET)
    .union(CloneFlags::CLONE_NEWIPC)
    .union(CloneFlags::CLONE_NEWUTS);

/// Serves with a sandbox until the master is gone; returns the exit code.
pub(super) fn sandboxed() -> i32 {
    let Ok(socket) = inner::take_socket() else { return 1 };
    match enclose(&socket) {
        Ok(code) => code,
        Err(fault) => inner::broken(&socket, fault),
    }
}

/// Serves without a sandbox until the master is gone; returns the exit code.
pub(super) fn bare() -> i32 {
    let Ok(socket) = inner::take_socket() else { return 1 };
    inner::bare(&socket)
}

/// Makes the namespaces, and waits for their first process.
fn enclose(socket: &OwnedFd) -> Result<i32, Fault> {
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    unshare(CloneFlags::CLONE_NEWUSER).at(Step::UserNamespace)?;
    // The caller's own number, so that files belong to whom they belong outside. Without its
    // supplementary groups: an unprivileged caller may not bring them.
    fs::write("/proc/self/setgroups", "deny").at(Step::Identity)?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1")).at(Step::Identity)?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1")).at(Step::Identity)?;
    unshare(NAMESPACES).at(Step::Namespaces)?;
    rustix::system::sethostname(b"sandbox").at(Step::Namespaces)?;
    privileges::pass_on().at(Step::Privileges)?;
    let mut inside = spawn_inside(socket).at(Step::FirstProcess)?;
    let status = inside.wait().at(Step::FirstProcess)?;
    // What is to be said was said by the other process.
    Ok(status.code().unwrap_or(1))
}

fn spawn_inside(socket: &OwnedFd) -> io::Result<std::process::Child> {
    let end = socket.as_fd().try_clone_to_owned()?;
    let mut command = Command::new("/proc/self/exe");
    command.arg0(stub::NAME).arg(stub::INSIDE).env_clear().env(stub::MARK, "1");
    command.stdin(Stdio::from(end)).stdout(Stdio::null()).spawn()
}

fn unshare(flags: CloneFlags) -> io::Result<()> {
    Ok(nix::sched::unshare(flags)?)
}

/// Tells the master something. One that is gone needs no answer.
pub(super) fn tell(socket: &OwnedFd, reply: &Reply, descriptors: &[std::os::fd::BorrowedFd<'_>]) {
    if let Ok(bytes) = postcard::to_stdvec(reply) {
        let _gone = socket::send(socket, &bytes, descriptors);
    }
}
