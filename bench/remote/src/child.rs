//! What runs in child processes: a server, or who measures it. The binary calls itself.

use std::io::{self, BufRead};

use lyceum_bench_figures::child::Said;
use tokio::runtime::{Builder, Runtime};

use crate::case::Case;
use crate::contract::{Hang, Remote};
use crate::drivers;
use crate::peers;
use crate::sizes::Sizes;

/// What is measured at which server.
pub struct Task {
    pub case: Case,
    pub address: String,
    /// The process of the server.
    pub server: u32,
    pub sizes: Sizes,
}

/// Runs the server of a part until the parent closes this process's input.
pub fn serve(part: &str) {
    match part {
        "lyceum_tcp" => serve_as::<peers::lyceum::Lyceum<peers::lyceum::Tcp>>(),
        "lyceum_unix" => serve_as::<peers::lyceum::Lyceum<peers::lyceum::Unix>>(),
        "lyceum_aiomas" => serve_as::<peers::lyceum::Aiomas>(),
        "raw_tcp" => serve_as::<peers::raw::Tcp>(),
        "raw_unix" => serve_as::<peers::raw::Unix>(),
        #[cfg(feature = "tarpc")]
        "tarpc" => serve_as::<peers::tarpc::Tarpc>(),
        #[cfg(feature = "tonic")]
        "tonic" => serve_as::<peers::tonic::Tonic>(),
        #[cfg(feature = "ractor")]
        "ractor_cluster" => serve_as::<peers::ractor::Ractor>(),
        #[cfg(feature = "kameo")]
        "kameo" => serve_as::<peers::kameo::Kameo>(),
        #[cfg(feature = "nats")]
        "nats" => serve_as::<peers::nats::Nats>(),
        part => Said::not_run(format!("built without {part}; see the feature `peers`")).say(),
    }
}

/// Measures with the client of a part.
pub fn drive(part: &str, task: Task) {
    use peers::lyceum::{Aiomas, Lyceum, Tcp, Unix};
    use peers::raw;
    let figures = match (part, task.case) {
        ("lyceum", Case::Clock) => run(drivers::clock(task.sizes)),
        ("lyceum_tcp", Case::Handles) => run(async move {
            let client = Lyceum::<Tcp>::connect(task.address).await;
            drivers::handles(client.counter, task.sizes).await
        }),
        ("lyceum_tcp", Case::Kill) => kill_as::<Lyceum<Tcp>>(task),
        ("lyceum_unix", Case::Kill) => kill_as::<Lyceum<Unix>>(task),
        ("raw_tcp", Case::Kill) => kill_as::<raw::Tcp>(task),
        ("raw_unix", Case::Kill) => kill_as::<raw::Unix>(task),
        ("lyceum_tcp", _) => drive_as::<Lyceum<Tcp>>(task),
        ("lyceum_unix", _) => drive_as::<Lyceum<Unix>>(task),
        ("lyceum_aiomas", _) => drive_as::<Aiomas>(task),
        ("raw_tcp", _) => drive_as::<raw::Tcp>(task),
        ("raw_unix", _) => drive_as::<raw::Unix>(task),
        #[cfg(feature = "tarpc")]
        ("tarpc", _) => drive_as::<peers::tarpc::Tarpc>(task),
        #[cfg(feature = "tonic")]
        ("tonic", _) => drive_as::<peers::tonic::Tonic>(task),
        #[cfg(feature = "ractor")]
        ("ractor_cluster", _) => drive_as::<peers::ractor::Ractor>(task),
        #[cfg(feature = "kameo")]
        ("kameo", _) => drive_as::<peers::kameo::Kameo>(task),
        #[cfg(feature = "nats")]
        ("nats", _) => drive_as::<peers::nats::Nats>(task),
        (part, case) => panic!("{part} has no part in {case:?}"),
    };
    Said::figures(figures).say();
}

fn serve_as<R: Remote>() {
    let runtime = two_workers();
    match runtime.block_on(async { tokio::spawn(R::serve()).await.expect("no panic") }) {
        Ok((server, address)) => {
            Said::at(address).say();
            let mut line = String::new();
            // The parent writes nothing; it closes the pipe, or has ended.
            let _ = io::stdin().lock().read_line(&mut line);
            drop(server);
        }
        Err(why) => Said::not_run(why).say(),
    }
    // Where there was no socket, there is none to remove.
    let _ = std::fs::remove_file(peers::socket());
}

fn drive_as<R: Remote>(task: Task) -> Vec<f64> {
    run(async move {
        let Task { case, address, sizes, .. } = task;
        let client = R::connect(address).await;
        match case {
            Case::Call => drivers::call::<R>(client, sizes).await,
            Case::Crowd => drivers::rate::<R>(client, sizes.callers, sizes).await,
            Case::Echo => drivers::echo::<R>(client, sizes).await,
            Case::Ping => drivers::ping::<R>(client, sizes).await,
            Case::AiomasCall => drivers::rate::<R>(client, 1, sizes).await,
            Case::AiomasFlight => drivers::rate::<R>(client, drivers::FLIGHT, sizes).await,
            case => panic!("{case:?} has a driver of its own"),
        }
    })
}

fn kill_as<R: Hang>(task: Task) -> Vec<f64> {
    run(async move {
        let client = R::connect(task.address).await;
        drivers::kill::<R>(client, task.server, task.sizes).await
    })
}

/// Runs a task to its end, on a runtime of two workers.
fn run<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = two_workers();
    let output = runtime.block_on(runtime.spawn(task)).expect("the driver ends without panic");
    runtime.shutdown_background();
    output
}

fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime starts")
}
