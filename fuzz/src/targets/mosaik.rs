//! A simulator of mosaik, and a scenario that says what it likes.

use std::cell::RefCell;
use std::time::Duration;

use lyceum_exchange::mosaik::{
    Entity, Exception, Init, Inputs, Meta, Model, Outputs, Params, Requested, Server, Simulator,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::{Target, bytes_of};
use crate::Digest;

pub(super) const TARGET: Target = Target { name: "mosaik", run, seeds, budget: 32 << 20 };

/// How long a conversation may take.
const SOON: Duration = Duration::from_secs(20);
/// How many batteries there may be: a simulator has to look after that by itself.
const MOST: usize = 100;

#[derive(Default)]
struct Batteries {
    charges: Vec<f64>,
}

impl Simulator for Batteries {
    async fn init(&mut self, mut init: Init) -> Result<Meta, Exception> {
        let _: f64 = init.params.take_or("capacity", 1.0)?;
        Ok(Meta::time_based().model("Battery", Model::public().attrs(["charge"])))
    }

    async fn create(
        &mut self,
        count: usize,
        model: &str,
        mut params: Params,
    ) -> Result<Vec<Entity>, Exception> {
        let charge = params.take_or("charge", 0.0)?;
        self.charges.resize(count.min(MOST), charge);
        Ok((0..self.charges.len()).map(|id| Entity::new(format!("b{id}"), model)).collect())
    }

    async fn step(&mut self, time: i64, inputs: Inputs, _: i64) -> Result<Option<i64>, Exception> {
        for (id, charge) in self.charges.iter_mut().enumerate() {
            *charge += inputs.sum(&format!("b{id}"), "power").unwrap_or_default();
        }
        Ok(time.checked_add(1))
    }

    async fn get_data(&mut self, requested: Requested) -> Result<Outputs, Exception> {
        let mut outputs = Outputs::default();
        for (id, charge) in self.charges.iter().enumerate() {
            outputs.set(format!("b{id}"), "charge", charge)?;
        }
        Ok(outputs.only(&requested))
    }
}

thread_local! {
    static SERVER: RefCell<Option<(Runtime, Server)>> = const { RefCell::new(None) };
}

fn seeds() -> Vec<Vec<u8>> {
    bytes_of(&[
        "p[0, 1, [\"init\", [\"B-0\"], {\"time_resolution\": 1.0, \"capacity\": 3}]]\n\
         [0, 2, [\"create\", [2, \"Battery\"], {\"charge\": 0.5}]]\n\
         [0, 3, [\"setup_done\", [], {}]]\n\
         [0, 4, [\"step\", [0, {\"b0\": {\"power\": {\"S.s\": 2.5}}}, 10], {}]]\n\
         [0, 5, [\"get_data\", [{\"b0\": [\"charge\"]}], {}]]\n[0, 6, [\"stop\", [], {}]]",
        "p[0, 1, [\"step\", [], {\"time\": 1, \"inputs\": {}}]]\n[0, 2, [\"rename\", [1], {}]]",
        "p[0, 1, [\"create\", [-1, 5], {}]]\n[1, 0, 3.5]\n[2, 0, \"no\"]",
        "r\u{0}\u{0}\u{0}\u{5}[0,1]",
    ])
}

/// After an `r` come bytes, otherwise payloads, one in a line.
fn run(bytes: &[u8]) -> Digest {
    let Some((first, rest)) = bytes.split_first() else { return Digest::of("nothing") };
    let frame = |payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
        [&length, payload].concat()
    };
    let said: Vec<u8> = match first {
        b'r' => rest.to_vec(),
        _ => rest.split(|byte| *byte == b'\n').flat_map(frame).collect(),
    };
    SERVER.with_borrow_mut(|kept| {
        let (runtime, server) = kept.get_or_insert_with(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("there is a runtime");
            let server = runtime.block_on(Server::bind("127.0.0.1:0")).expect("a port is free");
            (runtime, server)
        });
        let place = server.address().to_owned();
        runtime.block_on(async {
            let both =
                async { tokio::join!(server.serve(Batteries::default()), talk(&place, &said)) };
            let (ended, heard) = timeout(SOON, both).await.expect("neither waits for ever");
            let ended = ended.map_err(|error| error.to_string());
            Digest::of((ended, String::from_utf8_lossy(&heard)))
        })
    })
}

async fn talk(place: &str, said: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(place).await.expect("the simulator waits");
    // It may have gone already.
    let _ = stream.write_all(said).await;
    let _ = stream.shutdown().await;
    let mut heard = Vec::new();
    // What a connection ends with is its own affair.
    let _ = stream.read_to_end(&mut heard).await;
    heard
}
