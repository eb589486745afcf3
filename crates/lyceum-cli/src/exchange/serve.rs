//! `lyceum exchange serve`.

use std::process::ExitCode;
use std::sync::Arc;

use lyceum::Node;
use lyceum::network::server::{Authenticator, Clock, Server, Tokens, wording};
use lyceum::network::store::{Folder, Keeper, Memory, Settings, Store};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::exchange::configuration::{Configuration, Options};
use crate::trouble::Trouble;

/// Bytes of the index that are kept in memory.
const INDEX_CACHE: usize = 32 << 20;

/// Segments are at least so many times as long as the longest message.
const MESSAGES_PER_SEGMENT: u64 = 8;

pub(crate) fn run(options: Options) -> lyceum::Result<ExitCode> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let configuration = options.resolve()?;
    raise_descriptors();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(serve(configuration))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(configuration: Configuration) -> lyceum::Result<()> {
    let Configuration { listen, data, in_memory, limits, server, .. } = &configuration;
    let authenticator = authenticator(&configuration)?;
    let mut settings = Settings::new(wording);
    settings.limits = *limits;
    let least = u32::try_from(limits.message.saturating_mul(MESSAGES_PER_SEGMENT))
        .map_err(|_| Trouble("messages may not be that long".to_owned()))?;
    settings.segment = settings.segment.max(least);
    let store: Box<dyn Store> = if *in_memory {
        Box::new(Memory::new())
    } else {
        Box::new(Folder::open(data, INDEX_CACHE)?)
    };
    let keeper = tokio::task::spawn_blocking(move || Keeper::open(store, settings)).await??;
    let node = Node::local();
    let clock = Clock::of(&node);
    let server = Server::bind(*listen, keeper, authenticator, clock, server.clone()).await?;
    // Whoever started this waits for the line, and may have asked for any port.
    println!("listening at http://{}", server.address());
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    server.serve(stop).await?;
    node.shutdown().await;
    Ok(())
}

/// Returns who says who a request is from; nobody where there are no tokens.
fn authenticator(configuration: &Configuration) -> lyceum::Result<Option<Arc<dyn Authenticator>>> {
    let tokens = &configuration.tokens;
    if tokens.exists() {
        let tokens = Tokens::at(tokens);
        // One that cannot be read is better known now.
        tokens.list()?;
        return Ok(Some(Arc::new(tokens)));
    }
    if configuration.tokens_are_named {
        let text = format!("there is no file of tokens {}", tokens.display());
        return Err(Trouble(text).into());
    }
    Ok(None)
}

/// Lets this process have as many connections as the system allows.
fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Fewer connections are no reason not to serve.
    let _ = setrlimit(Resource::Nofile, raised);
}
