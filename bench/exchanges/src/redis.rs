//! A real Redis, and one of its own round trips.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{io, thread};

use lyceum_bench_figures::Samples;

/// How long it may take to start.
const STARTING: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// A Redis that keeps nothing on disk; it ends with this.
pub struct Redis {
    child: Child,
    pub address: String,
}

impl Redis {
    pub fn start() -> Result<Self, String> {
        let taken = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = taken.map_err(|error| error.to_string())?.port();
        let options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"];
        let mut command = Command::new("redis-server");
        command.args(options).arg(port.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "this machine has no redis-server".to_owned(),
            _ => error.to_string(),
        })?;
        let redis = Self { child, address: format!("127.0.0.1:{port}") };
        let start = Instant::now();
        while let Err(error) = round_trip(&redis.address, 1) {
            if start.elapsed() > STARTING {
                return Err(format!("redis-server does not answer: {error}"));
            }
            thread::sleep(PAUSE);
        }
        Ok(redis)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the median of so many round trips, in microseconds.
pub fn round_trip(address: &str, count: usize) -> io::Result<f64> {
    const PING: &[u8] = b"PING\r\n";
    const PONG: &[u8] = b"+PONG\r\n";
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let (mut times, mut answer) = (Vec::new(), [0; PONG.len()]);
    for _ in 0..count {
        let begun = Instant::now();
        stream.write_all(PING)?;
        stream.read_exact(&mut answer)?;
        if answer != PONG {
            return Err(io::Error::other("it is no Redis, or loads"));
        }
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    Ok(Samples::new(times).median())
}
