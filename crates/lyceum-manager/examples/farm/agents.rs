//! The agents of the farm: they count, talk, and die in every way.

use lyceum::Value;
use lyceum::manager::Launchable;
use lyceum::prelude::*;

/// Counts.
#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Counter {
    value: u64,
    /// Another one, which it may know from the beginning.
    other: Option<Handle<Counter>>,
}

#[agent]
impl Counter {
    /// Adds `n` and returns the new value.
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    /// Returns the id of its process.
    #[action]
    fn process(&self) -> u32 {
        std::process::id()
    }

    /// Never answers.
    #[action]
    async fn wait(&self) {
        std::future::pending::<()>().await;
    }

    /// Prints so many lines, and one on standard error.
    #[action]
    fn talk(&self, lines: u64) {
        for line in 0..lines {
            println!("line {line} of {lines}");
        }
        eprintln!("that was all");
    }

    /// Fails.
    #[action]
    fn stumble(&self) {
        panic!("as asked");
    }

    /// Ends its process.
    #[action]
    fn exit(&self, code: i32) {
        eprintln!("it is time to go");
        std::process::exit(code);
    }

    /// Adds at the counter that it knows.
    #[action]
    async fn add_there(&self, n: u64) -> Result<u64, String> {
        let other = self.other.as_ref().ok_or("it knows nobody")?;
        other.add(n).await.map_err(|error| error.to_string())
    }

    /// Adds at another counter.
    #[action]
    async fn add_at(&self, other: Handle<Counter>, n: u64) -> Result<u64, String> {
        other.add(n).await.map_err(|error| error.to_string())
    }
}

/// Is of no use: it cannot even be made, and takes its process along if it is asked to.
pub(crate) struct Dud;

#[agent]
impl Dud {}

impl Launchable for Dud {
    fn from_json(arguments: Value) -> Result<Self, BoxError> {
        if arguments["exits"] == true {
            eprintln!("no way");
            std::process::exit(7);
        }
        Err("it was born tired".into())
    }
}

/// Takes its time: it never gets up.
#[derive(serde::Deserialize)]
pub(crate) struct Sleeper {}

#[agent]
impl Sleeper {
    #[on_start]
    async fn get_up(&mut self) {
        std::future::pending::<()>().await;
    }
}
