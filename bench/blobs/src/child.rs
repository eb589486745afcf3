//! The processes of a chain.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use lyceum::Node;
use lyceum::prelude::*;

use crate::clerk::Clerk;

/// What a process writes in front of where it listens.
const AT: &str = "at ";

/// Another process, which ends with this.
pub struct Other {
    process: Child,
    url: String,
}

impl Other {
    pub fn start() -> std::io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().expect("it was asked for");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let url = lines.find_map(|line| Some(line.strip_prefix(AT)?.to_owned()));
        Ok(Self { process, url: url.unwrap_or_default() })
    }

    pub async fn clerk(&self, node: &Node) -> lyceum::Result<Handle<Clerk>> {
        Ok(node.connect(&format!("{}/clerk", self.url)).await?)
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves a clerk until the input ends.
pub async fn serve() -> lyceum::Result<()> {
    let node = Node::local();
    node.launch(Clerk).named("clerk").await?;
    let listener = node.listen("tcp://127.0.0.1:0").await?;
    println!("{AT}{}", listener.endpoint());
    let mut input = tokio::io::BufReader::new(tokio::io::stdin());
    let mut line = String::new();
    // Whatever comes, or that nothing does any more, ends it.
    let _ = tokio::io::AsyncBufReadExt::read_line(&mut input, &mut line).await;
    node.shutdown().await;
    Ok(())
}
