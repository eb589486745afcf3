//! Another server takes over: two real ones, and a Sentinel.

use std::process::{Child, Command, Stdio};

use lyceum::prelude::*;
use lyceum_exchange::academy::Uuid;

use crate::agents::Clerk;
use crate::nodes::House;
use crate::redis_server::{RedisServer, free_port};

/// A Sentinel that watches a server; it ends with this.
struct Sentinel {
    child: Child,
    port: u16,
    file: String,
}

impl Sentinel {
    fn over(master: &RedisServer) -> Self {
        let port = free_port();
        let file = format!("{}/sentinel-{port}.conf", env!("CARGO_TARGET_TMPDIR"));
        let text = format!(
            "port {port}\nbind 127.0.0.1\n\
             sentinel monitor house 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds house 500\n\
             sentinel failover-timeout house 3000\n",
            master.port()
        );
        std::fs::write(&file, text).unwrap();
        let child = Command::new("redis-server")
            .args([&file, "--sentinel"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, port, file }
    }

    fn ask(&self, words: &[&str]) -> String {
        let port = self.port.to_string();
        let output = Command::new("redis-cli").args(["-p", &port]).args(words).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.file);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_on_at_the_server_that_takes_over() {
    let Some(mut first) = RedisServer::start() else { return };
    let port = first.port().to_string();
    let options = ["--save", "", "--replicaof", "127.0.0.1", &port];
    let Some(second) = RedisServer::with(&options) else { return };
    let sentinel = Sentinel::over(&first);
    let node = Node::local();
    let knows = |line: &str| sentinel.ask(&["SENTINEL", "REPLICAS", "house"]).contains(line);
    while !knows(&second.port().to_string()) || !second.command(&["ROLE"]).contains("connected") {
        node.sleep(Duration::from_millis(10)).await;
    }
    let url = format!("redis+sentinel://127.0.0.1:{}?service=house", sentinel.port);
    let house = House::take(&url, Uuid::from_u128(3)).await;
    let caller = Node::local();
    let clerk = caller.connect::<Clerk>(&house.address("")).await.unwrap();
    assert_eq!(clerk.add(1, Some(1)).await.unwrap(), 2);

    first.child.kill().unwrap();
    loop {
        match clerk.add(2, Some(2)).timeout(Duration::from_secs(2)).await {
            Ok(sum) => break assert_eq!(sum, 4),
            Err(error) => assert!(
                matches!(
                    error,
                    CallError::Disconnected(_) | CallError::Timeout(_) | CallError::NoSuchAgent(_)
                ),
                "{error}"
            ),
        }
    }
    assert!(second.command(&["ROLE"]).starts_with("master"));
    for node in [node, caller, house.node] {
        node.shutdown().await;
    }
}
