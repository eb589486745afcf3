//! The master's end of a keeper.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf, absolute};
use std::process::{Child, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, Mode, OFlags, memfd_create};
use rustix::io::Errno;
use rustix::net::{RecvFlags, Shutdown};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::net::UnixDatagram;

use crate::process::{Exit, Input, Program};
use crate::sandbox::message::{ORDER_LIMIT, Order, Reply, START, STOP};
use crate::sandbox::{KeeperError, Sandbox, StartError, WaitError, socket, stub};

/// How long a program may take to become a keeper.
const READY: Timespec = Timespec { tv_sec: 20, tv_nsec: 0 };

/// How long a keeper may take to end everything that it runs.
const FAREWELL: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// Runs programs, one after the other, in a sandbox that stays.
///
/// It is a process (two in a sandbox) with a single thread. What it costs to make the sandbox is
/// paid once; each program then costs little more than its own start. Several programs run at the
/// same time under several keepers.
///
/// Nothing here waits for a program but [`wait`](Self::wait) and [`exited`](Self::exited): an
/// agent [polls](Self::poll) in each of its steps, or its universe is woken by the
/// [descriptor](Self::as_fd), which is readable when there is news.
///
/// Dropped, it ends the program that runs and everything that this one started, and waits until
/// they are gone. If its process dies, the keeper does the same by itself.
#[derive(Debug)]
pub struct Keeper {
    /// The program that it was started from, and how.
    made_of: (PathBuf, Sandbox),
    stub: Child,
    socket: OwnedFd,
    running: Option<Running>,
}

/// What is known of the program that runs.
#[derive(Debug, Default)]
struct Running {
    /// A descriptor of its first process, once it is there.
    process: Option<OwnedFd>,
}

impl Keeper {
    /// Starts a keeper. This program must call
    /// [`main_if_stub`](crate::sandbox::main_if_stub) first in its `main`.
    ///
    /// Waits until it is ready, some milliseconds.
    ///
    /// # Errors
    ///
    /// Fails where the machine refuses a part of the sandbox, and says which.
    pub fn new(sandbox: Sandbox) -> Result<Self, KeeperError> {
        Self::of_program("/proc/self/exe", sandbox)
    }

    /// Starts a keeper from another program that calls
    /// [`main_if_stub`](crate::sandbox::main_if_stub), such as `lyceum-keeper`.
    ///
    /// # Errors
    ///
    /// Fails as [`new`](Self::new) does.
    pub fn of_program(path: impl AsRef<Path>, sandbox: Sandbox) -> Result<Self, KeeperError> {
        let path = path.as_ref();
        if std::env::var_os(stub::MARK).is_some() {
            return Err(KeeperError::Nested);
        }
        let failed = |source| KeeperError::Stub { path: path.to_owned(), source };
        let (ours, theirs) = socket::pair().map_err(failed)?;
        let argument = match sandbox {
            Sandbox::On => stub::SANDBOXED,
            Sandbox::Off => stub::BARE,
        };
        let mut command = Command::new(path);
        command.arg0(stub::NAME).arg(argument).env_clear().env(stub::MARK, "1");
        command.stdin(Stdio::from(theirs)).stdout(Stdio::null());
        let stub = command.spawn().map_err(failed)?;
        // Its end of the socket is in the command, and would keep it open.
        drop(command);
        let made_of = (path.to_owned(), sandbox);
        let mut keeper = Self { made_of, stub, socket: ours, running: None };
        keeper.greet(path, sandbox)?;
        Ok(keeper)
    }

    /// Puts a new keeper in the place of this one, which ends with all that it runs: for one that
    /// is gone, or does not answer.
    ///
    /// # Errors
    ///
    /// Fails as [`new`](Self::new) does; then this one stays.
    pub fn renew(&mut self) -> Result<(), KeeperError> {
        let (path, sandbox) = self.made_of.clone();
        *self = Self::of_program(path, sandbox)?;
        Ok(())
    }

    /// Returns what ends it from afar, as where the thread that has it never returns.
    ///
    /// # Errors
    ///
    /// The process has as many files open as it may.
    pub(crate) fn end_from_afar(&self) -> io::Result<impl Fn() + Send + Sync + 'static> {
        let socket = self.socket.try_clone()?;
        Ok(move || {
            // The keeper sees it and ends everything. It may be gone already.
            let _gone = rustix::net::shutdown(&socket, Shutdown::Both);
        })
    }

    /// Starts a program and returns at once.
    ///
    /// The files for its output are made before anything else.
    ///
    /// # Errors
    ///
    /// Fails where another program runs, or where files, folders or the program are missing.
    /// What the keeper itself finds is told by [`poll`](Self::poll).
    pub fn start(&mut self, program: &Program) -> Result<(), StartError> {
        if self.running.is_some() {
            return Err(StartError::Busy);
        }
        let path = executable(&program.path)?;
        let directory = directory(&program.directory)?;
        let folder = File::open(&directory)
            .map_err(|source| StartError::Directory { path: directory.clone(), source })?;
        let file = by_path(&path)?;
        let input = input(&program.input).map_err(|source| StartError::Input { source })?;
        let output = output(program.output_path())?;
        let error_output = output_beside(program, &output)?;
        let order = order(program, path, directory)?;
        let files = [&order, &file, &input, &output, &error_output, &folder];
        socket::send(&self.socket, START, &files.map(AsFd::as_fd))
            .map_err(|source| StartError::Lost { source })?;
        self.running = Some(Running::default());
        Ok(())
    }

    /// Returns how the program ended, if it has, without waiting.
    ///
    /// # Errors
    ///
    /// Fails where none was started, where it could not be, or where the keeper is gone.
    pub fn poll(&mut self) -> Result<Option<Exit>, WaitError> {
        let Some(running) = &mut self.running else { return Err(WaitError::Idle) };
        loop {
            let message = match socket::receive(&self.socket, RecvFlags::DONTWAIT) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                other => other,
            };
            let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
            let message = message.and_then(|message| message.ok_or_else(gone));
            let message = message.map_err(|source| WaitError::Lost { source })?;
            match postcard::from_bytes(&message.bytes) {
                Ok(Reply::Started) => running.process = message.descriptors.into_iter().next(),
                Ok(Reply::Ended(exit)) => {
                    self.running = None;
                    return Ok(Some(exit));
                }
                Ok(Reply::Refused(fault)) => {
                    self.running = None;
                    let (step, source) = (fault.step, fault.source());
                    return Err(WaitError::Refused { step, source });
                }
                Ok(Reply::Ready | Reply::Broken(_)) | Err(_) => {
                    let source = io::Error::from(io::ErrorKind::InvalidData);
                    return Err(WaitError::Lost { source });
                }
            }
        }
    }

    /// Waits for the end of the program, and blocks the thread meanwhile.
    ///
    /// # Errors
    ///
    /// Fails as [`poll`](Self::poll) does.
    pub fn wait(&mut self) -> Result<Exit, WaitError> {
        loop {
            if let Some(exit) = self.poll()? {
                return Ok(exit);
            }
            let mut news = [PollFd::new(&self.socket, PollFlags::IN)];
            match poll(&mut news, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(WaitError::Lost { source: error.into() }),
            }
        }
    }

    /// Waits for the end of the program.
    ///
    /// # Errors
    ///
    /// Fails as [`poll`](Self::poll) does.
    ///
    /// # Cancel safety
    ///
    /// Safe: the program runs on, and its end can be waited for again.
    ///
    /// # Panics
    ///
    /// Panics outside of a Tokio runtime with I/O.
    pub async fn exited(&mut self) -> Result<Exit, WaitError> {
        self.exited_after(|_| {}).await
    }

    /// Waits for the end of the program, and tells its number when it is known to run.
    pub(crate) async fn exited_after(&mut self, began: impl Fn(u32)) -> Result<Exit, WaitError> {
        let mut is_told = false;
        loop {
            if let Some(exit) = self.poll()? {
                return Ok(exit);
            }
            let runs = self.running.as_ref().is_some_and(|running| running.process.is_some());
            if runs && !is_told {
                is_told = true;
                self.process_number().into_iter().for_each(&began);
            }
            let lost = |source| WaitError::Lost { source };
            let news = self.news().map_err(lost)?;
            news.readable().await.map_err(lost)?;
        }
    }

    /// Asks the program to stop; returns at once.
    ///
    /// It is sent a `TERM`, and killed with everything that it started when its
    /// [grace](crate::process::Limits::grace) is over. Its end is told as ever. Where none runs,
    /// nothing happens.
    pub fn stop(&mut self) {
        if self.running.is_some() {
            // A keeper that is gone has ended everything; the next poll says so.
            let _gone = socket::send(&self.socket, STOP, &[]);
        }
    }

    /// Returns whether a program was started whose end was not told yet.
    pub fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// Returns the process number of the program as this process sees it, once it is known to
    /// run: a [`poll`](Self::poll) finds that out.
    ///
    /// For probes that look at a process in `/proc`.
    pub fn process_number(&self) -> Option<u32> {
        let process = self.running.as_ref()?.process.as_ref()?;
        let path = format!("/proc/self/fdinfo/{}", process.as_raw_fd());
        let text = fs::read_to_string(path).ok()?;
        let number = text.lines().find_map(|line| line.strip_prefix("Pid:"))?;
        number.trim().parse().ok()
    }

    /// Waits for the first word of a new keeper.
    fn greet(&mut self, path: &Path, sandbox: Sandbox) -> Result<(), KeeperError> {
        let failed = |source| KeeperError::Stub { path: path.to_owned(), source };
        let mut news = [PollFd::new(&self.socket, PollFlags::IN)];
        let spoke = rustix::io::retry_on_intr(|| poll(&mut news, Some(&READY)));
        let spoke = spoke.map_err(|error| failed(error.into()))?;
        let message = match spoke {
            0 => None,
            _ => socket::receive(&self.socket, RecvFlags::DONTWAIT).map_err(failed)?,
        };
        let reply = message.and_then(|message| postcard::from_bytes(&message.bytes).ok());
        match (reply, sandbox) {
            (Some(Reply::Ready), _) => Ok(()),
            (Some(Reply::Broken(fault)), Sandbox::On) => {
                Err(KeeperError::Missing { step: fault.step, source: fault.source() })
            }
            (Some(Reply::Broken(fault)), Sandbox::Off) => {
                Err(KeeperError::Failed { step: fault.step, source: fault.source() })
            }
            _ => {
                // It is some other program, and may run for ever.
                let _ended = self.stub.kill();
                Err(KeeperError::NoStub { path: path.to_owned() })
            }
        }
    }

    /// Returns the socket as the runtime waits for it. It is none of datagrams, but nothing is
    /// received here.
    fn news(&self) -> io::Result<UnixDatagram> {
        let socket = std::os::unix::net::UnixDatagram::from(self.socket.try_clone()?);
        socket.set_nonblocking(true)?;
        UnixDatagram::from_std(socket)
    }
}

impl AsFd for Keeper {
    /// Returns a descriptor that is readable when [`poll`](Self::poll) has something to tell.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // The keeper sees it and ends everything. It may be gone already.
        let _gone = rustix::net::shutdown(&self.socket, Shutdown::Both);
        if let Ok(end) = pidfd_open(Pid::from_child(&self.stub), PidfdFlags::empty()) {
            let mut ended = [PollFd::new(&end, PollFlags::IN)];
            let _waited = poll(&mut ended, Some(&FAREWELL));
        }
        let _ended = self.stub.kill();
        let _status = self.stub.wait();
    }
}

/// Returns the absolute path of a program that may be executed.
fn executable(path: &Path) -> Result<PathBuf, StartError> {
    let failed = |source| StartError::Program { path: path.to_owned(), source };
    let found = fs::metadata(path).map_err(failed)?;
    if !found.is_file() || found.permissions().mode() & 0o111 == 0 {
        return Err(failed(io::ErrorKind::PermissionDenied.into()));
    }
    absolute(path).map_err(failed)
}

/// Opens a program without the right to read it.
fn by_path(path: &Path) -> Result<File, StartError> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::empty());
    let failed =
        |source: Errno| StartError::Program { path: path.to_owned(), source: source.into() };
    opened.map(File::from).map_err(failed)
}

/// Returns the path of a folder without links.
fn directory(path: &Path) -> Result<PathBuf, StartError> {
    let failed = |source| StartError::Directory { path: path.to_owned(), source };
    let real = fs::canonicalize(path).map_err(failed)?;
    if real.is_dir() { Ok(real) } else { Err(failed(io::ErrorKind::NotADirectory.into())) }
}

fn output(path: PathBuf) -> Result<File, StartError> {
    File::create(&path).map_err(|source| StartError::Output { path, source })
}

/// Makes the file for the standard error: another one, unless both have one name.
fn output_beside(program: &Program, output_file: &File) -> Result<File, StartError> {
    let path = program.error_output_path();
    if path != program.output_path() {
        return output(path);
    }
    output_file.try_clone().map_err(|source| StartError::Output { path, source })
}

fn input(input: &Input) -> io::Result<File> {
    match input {
        Input::Nothing => File::open("/dev/null"),
        Input::Bytes(bytes) => in_memory(bytes),
        Input::File(path) => {
            // Opening anything else could wait for ever.
            if !fs::metadata(path)?.is_file() {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            File::open(path)
        }
    }
}

fn order(program: &Program, path: PathBuf, directory: PathBuf) -> Result<File, StartError> {
    let order = Order {
        path: path.into_os_string(),
        arguments: program.arguments.clone(),
        environment: program.environment.clone(),
        directory: OsString::from(directory),
        limits: program.limits.clone(),
        overflow: program.overflow,
        terminal: program.terminal,
    };
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
    let bytes = postcard::to_stdvec(&order).map_err(invalid);
    let bytes = bytes.map_err(|source| StartError::Input { source })?;
    if bytes.len() > ORDER_LIMIT {
        return Err(StartError::TooLong { bytes: bytes.len(), limit: ORDER_LIMIT });
    }
    in_memory(&bytes).map_err(|source| StartError::Input { source })
}

/// Puts bytes into a file that has no name.
fn in_memory(bytes: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create("lyceum", MemfdFlags::CLOEXEC)?);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}
