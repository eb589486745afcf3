//! tarpc over TCP, with bincode.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt;
use tarpc::server::{BaseChannel, Channel};
use tarpc::tokio_serde::formats::Bincode;
use tarpc::{client, context, serde_transport};

use crate::contract::{Body, Remote};

#[tarpc::service]
pub trait Counter {
    async fn add(n: u64) -> u64;
    async fn echo(body: Body) -> Body;
}

#[derive(Clone, Default)]
pub struct Server(Arc<AtomicU64>);

impl Counter for Server {
    async fn add(self, _: context::Context, n: u64) -> u64 {
        self.0.fetch_add(n, Ordering::Relaxed) + n
    }

    async fn echo(self, _: context::Context, body: Body) -> Body {
        body
    }
}

pub struct Tarpc;

impl Remote for Tarpc {
    type Server = ();
    type Client = CounterClient;

    async fn serve() -> Result<((), String), String> {
        let listening = serde_transport::tcp::listen("127.0.0.1:0", Bincode::default).await;
        let mut listening = listening.map_err(|error| error.to_string())?;
        let address = listening.local_addr().to_string();
        let server = Server::default();
        tokio::spawn(async move {
            while let Some(Ok(transport)) = listening.next().await {
                transport.get_ref().set_nodelay(true).expect("a fresh socket takes options");
                let serving = BaseChannel::with_defaults(transport).execute(server.clone().serve());
                tokio::spawn(serving.for_each(async |answer| {
                    tokio::spawn(answer);
                }));
            }
        });
        Ok(((), address))
    }

    async fn connect(address: String) -> CounterClient {
        let transport = serde_transport::tcp::connect(address, Bincode::default).await;
        let transport = transport.expect("the server listens");
        transport.get_ref().set_nodelay(true).expect("a fresh socket takes options");
        CounterClient::new(client::Config::default(), transport).spawn()
    }

    async fn add(client: &CounterClient, n: u64) -> u64 {
        client.add(context::current(), n).await.expect("the server answers")
    }

    async fn echo(client: &CounterClient, body: Vec<u8>) -> Vec<u8> {
        client.echo(context::current(), Body(body)).await.expect("the server answers").0
    }
}
