//! tonic: gRPC over HTTP/2.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};

use crate::contract::Remote;

#[expect(unused_qualifications, reason = "generated code names everything in full")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/bench.Counter.rs"));
}

use generated::counter_client::CounterClient;
use generated::counter_server::{Counter, CounterServer};

/// The largest message, which is 4 MiB unless set.
const LIMIT: usize = 256 << 20;

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Number {
    #[prost(uint64, tag = "1")]
    n: u64,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Body {
    #[prost(bytes = "bytes", tag = "1")]
    bytes: Bytes,
}

#[derive(Default)]
struct State(AtomicU64);

#[tonic::async_trait]
impl Counter for State {
    async fn add(&self, request: Request<Number>) -> Result<Response<Number>, Status> {
        let n = request.into_inner().n;
        Ok(Response::new(Number { n: self.0.fetch_add(n, Ordering::Relaxed) + n }))
    }

    async fn echo(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}

pub struct Tonic;

impl Remote for Tonic {
    type Server = ();
    type Client = CounterClient<Channel>;

    async fn serve() -> Result<((), String), String> {
        let address = "127.0.0.1:0".parse().expect("it is an address");
        let incoming = TcpIncoming::bind(address).map_err(|error| error.to_string())?;
        let incoming = incoming.with_nodelay(Some(true));
        let address = incoming.local_addr().map_err(|error| error.to_string())?;
        let counter = CounterServer::new(State::default()).max_decoding_message_size(LIMIT);
        tokio::spawn(Server::builder().add_service(counter).serve_with_incoming(incoming));
        Ok(((), format!("http://{address}")))
    }

    async fn connect(address: String) -> Self::Client {
        let endpoint = Endpoint::from_shared(address).expect("it is a URL").tcp_nodelay(true);
        let channel = endpoint.connect().await.expect("the server listens");
        CounterClient::new(channel).max_decoding_message_size(LIMIT)
    }

    async fn add(client: &Self::Client, n: u64) -> u64 {
        client.clone().add(Number { n }).await.expect("the server answers").into_inner().n
    }

    async fn echo(client: &Self::Client, body: Vec<u8>) -> Vec<u8> {
        let body = Body { bytes: body.into() };
        client.clone().echo(body).await.expect("the server answers").into_inner().bytes.into()
    }
}
