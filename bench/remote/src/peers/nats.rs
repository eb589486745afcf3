//! Request and reply through a NATS server.

use std::io;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use async_nats::Client;
use bytes::Bytes;
use futures_util::StreamExt;

use crate::contract::Remote;

/// Where numbers are added.
const ADD: &str = "add";
/// Where bodies are sent back.
const ECHO: &str = "echo";

pub struct Nats;

/// The broker, which ends with this.
pub struct Broker(Child);

impl Drop for Broker {
    fn drop(&mut self) {
        // If it has ended already, all the better.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a broker; says why that is not possible.
fn broker() -> Result<(Broker, String), String> {
    let free = std::net::TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = free.local_addr().map_err(|error| error.to_string())?.port().to_string();
    drop(free);
    let settings = std::env::temp_dir().join(format!("lyceum-bench-{port}.conf"));
    std::fs::write(&settings, "max_payload: 8MB\n").map_err(|error| error.to_string())?;
    let mut command = Command::new("nats-server");
    command.args(["-a", "127.0.0.1", "-p", &port, "-c"]).arg(settings);
    match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
        Ok(child) => Ok((Broker(child), format!("127.0.0.1:{port}"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err("this machine has no nats-server; Debian has one".into())
        }
        Err(error) => Err(format!("nats-server does not start: {error}")),
    }
}

async fn connected(address: &str) -> Client {
    loop {
        match async_nats::connect(address).await {
            Ok(client) => return client,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Answers all requests.
async fn answer_all(client: Client) -> Result<(), async_nats::Error> {
    let mut numbers = client.subscribe(ADD).await?;
    let mut bodies = client.subscribe(ECHO).await?;
    client.flush().await?;
    let answering = client.clone();
    tokio::spawn(async move {
        let mut value = 0;
        while let Some(message) = numbers.next().await {
            value += number(&message.payload);
            let Some(reply) = message.reply else { continue };
            let answer = Bytes::copy_from_slice(&u64::to_le_bytes(value));
            answering.publish(reply, answer).await.expect("the broker lives");
        }
    });
    tokio::spawn(async move {
        while let Some(message) = bodies.next().await {
            let Some(reply) = message.reply else { continue };
            client.publish(reply, message.payload).await.expect("the broker lives");
        }
    });
    Ok(())
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("numbers have eight bytes"))
}

impl Remote for Nats {
    type Server = Broker;
    type Client = Client;

    async fn serve() -> Result<(Broker, String), String> {
        let (broker, address) = broker()?;
        let client = connected(&address).await;
        answer_all(client).await.map_err(|error| error.to_string())?;
        Ok((broker, address))
    }

    async fn connect(address: String) -> Client {
        connected(&address).await
    }

    async fn add(client: &Client, n: u64) -> u64 {
        let body = Bytes::copy_from_slice(&n.to_le_bytes());
        number(&client.request(ADD, body).await.expect("somebody answers").payload)
    }

    async fn echo(client: &Client, body: Vec<u8>) -> Vec<u8> {
        client.request(ECHO, body.into()).await.expect("somebody answers").payload.into()
    }
}
