//! The file system of a sandbox: everything read-only but a few places that are its own.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;
use rustix::io::Errno;
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_change, mount_move,
    mount_remount, unmount,
};

use crate::sandbox::devices;
use crate::sandbox::fault::{AtStep, Fault, Step};
use crate::sandbox::scratch::PARKED;

/// What is mounted anew for each sandbox, so that it may be written.
const WRITABLE: &[&str] = &["/tmp", "/dev/shm", "/dev/pts", PARKED];

/// Folders with sockets of the machine's services, which are reached by name even where there is
/// no network.
const SOCKETS: &[&str] = &["/run", "/var/run"];

/// Bytes in `/tmp`, and as many in `/dev/shm`.
const TMP_LIMIT: u64 = 64 << 20;

/// Files in any of the places that may be written.
const FILE_LIMIT: u32 = 16_384;

/// Where the new `/dev` is made.
const NEW_DEV: &str = "/tmp/dev";

/// Where the table of processes is mounted for the keeper alone.
const OWN_PROC: &str = "/tmp/proc";

/// The files by which a keeper numbers and counts the processes of its sandbox.
#[derive(Debug)]
pub(super) struct Counters {
    /// The number given last. Writing it makes programs see the same numbers in every run.
    pub(super) last: Option<File>,
    /// One more than the highest number.
    pub(super) limit: Option<File>,
}

/// Makes the file system of the sandbox out of that of the machine.
pub(super) fn enclose() -> Result<Counters, Fault> {
    let everywhere = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", everywhere).at(Step::PrivateMounts)?;
    rustix::process::chdir("/").at(Step::PrivateMounts)?;
    memory("/tmp", "1777", TMP_LIMIT).at(Step::PrivateTmp)?;
    fs::create_dir(NEW_DEV).at(Step::PrivateTmp)?;
    memory(NEW_DEV, "755", 1 << 20).at(Step::Devices)?;
    devices::make(Path::new(NEW_DEV)).at(Step::Devices)?;
    let counters = counters().at(Step::ProcessTable)?;
    make_read_only().at(Step::ReadOnly)?;
    mount_move(NEW_DEV, "/dev").at(Step::Devices)?;
    fs::remove_dir(NEW_DEV).at(Step::Devices)?;
    fill_dev().at(Step::Devices)?;
    process_table("/proc").at(Step::ProcessTable)?;
    for folder in SOCKETS {
        cover(Path::new(folder)).at(Step::ReadOnly)?;
    }
    for own in ["/dev", "/proc"] {
        let flags = MountFlags::BIND | MountFlags::RDONLY | quiet(own);
        mount_remount(own, flags, c"").at(Step::ReadOnly)?;
    }
    verify().at(Step::ReadOnly)?;
    Ok(counters)
}

/// Mounts a file system in memory.
pub(super) fn memory(target: &str, mode: &str, size: u64) -> rustix::io::Result<()> {
    let options = format!("mode={mode},size={size},nr_inodes={FILE_LIMIT}\0");
    let options = std::ffi::CStr::from_bytes_with_nul(options.as_bytes());
    let options = options.map_err(|_nul| Errno::INVAL)?;
    mount("tmpfs", target, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, options)
}

/// Changes how many bytes a file system in memory may hold.
pub(super) fn resize(target: &Path, size: u64) -> rustix::io::Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    mount_remount(target, flags, format!("size={size}"))
}

fn fill_dev() -> rustix::io::Result<()> {
    memory("/dev/shm", "1777", TMP_LIMIT)?;
    memory(PARKED, "755", TMP_LIMIT)?;
    let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
    mount("devpts", "/dev/pts", "devpts", flags, c"newinstance,ptmxmode=0666,mode=620")
}

fn process_table(target: &str) -> rustix::io::Result<()> {
    mount("proc", target, "proc", quiet("/proc"), None)
}

/// Opens the files that number processes. They are on a mount of their own, which is gone at once:
/// the programs' is read-only.
fn counters() -> io::Result<Counters> {
    fs::create_dir(OWN_PROC)?;
    process_table(OWN_PROC)?;
    let open = |name: &str| {
        let path = format!("{OWN_PROC}/sys/kernel/{name}");
        fs::OpenOptions::new().write(true).open(path).ok()
    };
    let last = open("ns_last_pid");
    // Before this version there was one such limit for the whole machine.
    let limit = if system_is_at_least((6, 14)) { open("pid_max") } else { None };
    unmount(OWN_PROC, UnmountFlags::DETACH)?;
    fs::remove_dir(OWN_PROC)?;
    Ok(Counters { last, limit })
}

fn system_is_at_least(wanted: (u32, u32)) -> bool {
    let name = rustix::system::uname();
    let release = name.release().to_string_lossy();
    let mut numbers = release.split(|letter: char| !letter.is_ascii_digit());
    let mut next = || numbers.next().and_then(|digits| digits.parse::<u32>().ok());
    next().zip(next()).is_some_and(|found| found >= wanted)
}

/// Makes each mount read-only, without devices and without programs that change the user.
fn make_read_only() -> io::Result<()> {
    for one in uppermost(mounts()?) {
        if one.place.starts_with("/tmp") {
            continue;
        }
        let flags = one.flags | MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
        match mount_remount(&one.place, MountFlags::BIND | flags, c"") {
            // It lies under another one or where the caller may not go: `verify` has the last word.
            Ok(()) | Err(Errno::NOENT | Errno::ACCESS | Errno::INVAL | Errno::NOTDIR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Checks that nothing can be written but what should be.
fn verify() -> io::Result<()> {
    for one in mounts()? {
        let Ok(found) = rustix::fs::statvfs(&one.place) else { continue };
        let own = WRITABLE.iter().any(|place| one.place == Path::new(place));
        if !own && !found.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Err(Errno::ROFS.into());
        }
    }
    Ok(())
}

/// Hides a folder behind an empty one. A link leads to a folder that is hidden itself.
fn cover(folder: &Path) -> rustix::io::Result<()> {
    let is_folder = folder.symlink_metadata().is_ok_and(|found| found.is_dir());
    if !is_folder {
        return Ok(());
    }
    let flags = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
    mount("tmpfs", folder, "tmpfs", flags, c"mode=755,size=4096")
}

/// Binds one file over another.
pub(super) fn bind(from: &Path, to: &Path) -> rustix::io::Result<()> {
    mount_bind(from, to)?;
    let flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NOEXEC;
    // What the machine forbids for its own mount cannot be allowed again.
    let all = uppermost(mounts().map_err(|_unreadable| Errno::IO)?);
    let kept = all.iter().find(|one| one.place == to).map_or(MountFlags::empty(), |one| one.flags);
    mount_remount(to, flags | kept, c"")
}

fn quiet(target: &str) -> MountFlags {
    let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
    if target == "/proc" { flags | MountFlags::NODEV } else { flags }
}

/// One line of the table of mounts.
struct Mounted {
    place: PathBuf,
    flags: MountFlags,
}

/// Returns the mounts that this process sees.
fn mounts() -> io::Result<Vec<Mounted>> {
    let table = fs::read("/proc/self/mountinfo")?;
    Ok(table.split(|byte| *byte == b'\n').filter_map(mounted).collect())
}

/// Leaves out what lies under another mount of the same place: a name leads to the uppermost, and
/// what is forbidden there must not be left out when it is changed.
fn uppermost(all: Vec<Mounted>) -> Vec<Mounted> {
    let mut seen = HashSet::new();
    let mut kept: Vec<_> =
        all.into_iter().rev().filter(|one| seen.insert(one.place.clone())).collect();
    kept.reverse();
    kept
}

fn mounted(line: &[u8]) -> Option<Mounted> {
    let mut fields = line.split(|byte| *byte == b' ').skip(4);
    let place = PathBuf::from(std::ffi::OsString::from_vec(unescaped(fields.next()?)));
    let names = fields.next()?.split(|byte| *byte == b',');
    let flags = names.map(flag).fold(MountFlags::empty(), |all, one| all | one);
    Some(Mounted { place, flags })
}

/// Returns what must be said again when a mount is changed, since leaving it out would undo it.
fn flag(name: &[u8]) -> MountFlags {
    match name {
        b"ro" => MountFlags::RDONLY,
        b"nosuid" => MountFlags::NOSUID,
        b"nodev" => MountFlags::NODEV,
        b"noexec" => MountFlags::NOEXEC,
        b"noatime" => MountFlags::NOATIME,
        b"nodiratime" => MountFlags::NODIRATIME,
        b"relatime" => MountFlags::RELATIME,
        b"nosymfollow" => MountFlags::NOSYMFOLLOW,
        _ => MountFlags::empty(),
    }
}

/// Replaces `\040` and its like by the bytes that they stand for.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        let digits = tail.first_chunk::<3>().filter(|_| *first == b'\\');
        let code = digits.and_then(|digits| {
            let text = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(text, 8).ok()
        });
        match code {
            Some(byte) => {
                plain.push(byte);
                rest = &tail[3..];
            }
            None => {
                plain.push(*first);
                rest = tail;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_of_the_table_is_read_with_its_flags() {
        let line = b"36 35 98:0 /mnt1 /mnt\\0402 rw,nosuid,noatime master:1 - ext3 /dev/root rw";

        let found = mounted(line).unwrap();

        assert_eq!(found.place, Path::new("/mnt 2"));
        assert_eq!(found.flags, MountFlags::NOSUID | MountFlags::NOATIME);
    }

    #[test]
    fn of_mounts_on_one_place_the_last_one_counts() {
        // A container's table of processes over the machine's: its flags could not be undone.
        let lines: [&[u8]; 3] = [
            b"22 1 0:5 / /proc rw,relatime - proc proc rw",
            b"23 1 0:6 / /sys rw - sysfs sysfs rw",
            b"24 22 0:7 / /proc rw,nosuid,noexec - proc proc rw",
        ];

        let all = uppermost(lines.into_iter().filter_map(mounted).collect());

        let places: Vec<_> = all.iter().map(|one| one.place.to_str().unwrap()).collect();
        assert_eq!(places, ["/sys", "/proc"]);
        assert_eq!(all[1].flags, MountFlags::NOSUID | MountFlags::NOEXEC);
    }

    #[test]
    fn broken_lines_and_escapes_do_no_harm() {
        assert!(mounted(b"").is_none());
        assert!(mounted(b"36 35 98:0 /mnt1").is_none());
        assert_eq!(unescaped(b"a\\9"), b"a\\9");
        assert_eq!(unescaped(b"\\777\\134"), b"\\777\\");
    }
}
