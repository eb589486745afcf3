//! `lyceum exchange serve`.

use std::process::ExitCode;
use std::sync::Arc;

use lyceum::Node;
use lyceum::network::server::{
    Authenticator, Clock, Oidc, ServeError, Server, ServerCertificate, Tokens, wording,
};
use lyceum::network::store::{Folder, Keeper, Memory, Settings, Store};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exchange::configuration::{Configuration, Options};
use crate::trouble::Trouble;

/// Bytes of the index that are kept in memory.
const INDEX_CACHE: usize = 32 << 20;

/// Segments are at least so many times as long as the longest message.
const MESSAGES_PER_SEGMENT: u64 = 8;

pub(crate) fn run(options: Options) -> lyceum::Result<ExitCode> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    for (name, meant) in Options::mistakes() {
        tracing::warn!(name, meant, "there is no such option in the environment");
    }
    let options = options.with_file()?;
    if options.is_check() {
        return check(options);
    }
    let configuration = options.configuration()?;
    raise_descriptors();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(serve(configuration))?;
    Ok(ExitCode::SUCCESS)
}

/// Reads everything that a server would read before it serves, and prints what is set.
fn check(options: Options) -> lyceum::Result<ExitCode> {
    let set = options.to_toml()?;
    let configuration = options.configuration()?;
    let authenticator = authenticator(&configuration)?;
    certificate(&configuration)?;
    settings(&configuration)?;
    if authenticator.is_none() && !configuration.listen.ip().is_loopback() {
        return Err(ServeError::Open(configuration.listen).into());
    }
    print!("{set}");
    Ok(ExitCode::SUCCESS)
}

async fn serve(configuration: Configuration) -> lyceum::Result<()> {
    let Configuration { listen, data, in_memory, server, .. } = &configuration;
    let authenticator = authenticator(&configuration)?;
    let certificate = certificate(&configuration)?;
    let settings = settings(&configuration)?;
    let store: Box<dyn Store> = if *in_memory {
        Box::new(Memory::new())
    } else {
        Box::new(Folder::open(data, INDEX_CACHE)?)
    };
    let keeper = tokio::task::spawn_blocking(move || Keeper::open(store, settings)).await??;
    let node = Node::local();
    let clock = Clock::of(&node);
    let mut server = Server::bind(*listen, keeper, authenticator, clock, server.clone()).await?;
    let scheme = if certificate.is_some() { "https" } else { "http" };
    if let Some(certificate) = &certificate {
        server = server.encrypted(certificate.clone());
    } else if !listen.ip().is_loopback() {
        tracing::warn!("tokens travel in the open: set tls-certificate, or let a proxy talk TLS");
    }
    // Before anybody is told that it runs, and may send signals.
    let hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Whoever started this waits for the line, and may have asked for any port.
    println!("listening at {scheme}://{}", server.address());
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = renew(hangup, certificate.as_deref()) => {}
        }
    };
    server.serve(stop).await?;
    node.shutdown().await;
    Ok(())
}

fn settings(configuration: &Configuration) -> lyceum::Result<Settings> {
    let limits = &configuration.limits;
    let mut settings = Settings::new(wording);
    settings.limits = *limits;
    let least = u32::try_from(limits.message.saturating_mul(MESSAGES_PER_SEGMENT))
        .map_err(|_| Trouble("messages may not be that long".to_owned()))?;
    settings.segment = settings.segment.max(least);
    Ok(settings)
}

/// Returns what is shown to clients, if they talk TLS.
fn certificate(configuration: &Configuration) -> lyceum::Result<Option<Arc<ServerCertificate>>> {
    let Some(files) = &configuration.tls else { return Ok(None) };
    let (certificate, clients) = (&files.certificate, files.clients.as_deref());
    Ok(Some(Arc::new(ServerCertificate::from_files(certificate, &files.key, clients)?)))
}

/// Reads the certificate again whenever it is asked to.
async fn renew(mut hangup: Signal, certificate: Option<&ServerCertificate>) {
    while hangup.recv().await.is_some() {
        let Some(certificate) = certificate else { continue };
        match certificate.reload() {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => tracing::error!(%error, "the former certificate is kept"),
        }
    }
}

/// Returns who says who a request is from; nobody where there are neither tokens nor an issuer.
fn authenticator(configuration: &Configuration) -> lyceum::Result<Option<Arc<dyn Authenticator>>> {
    let mut all: Vec<Arc<dyn Authenticator>> = Vec::new();
    let tokens = &configuration.tokens;
    if tokens.exists() {
        let tokens = Tokens::at(tokens);
        // One that cannot be read is better known now.
        tokens.list()?;
        all.push(Arc::new(tokens));
    } else if configuration.tokens_are_named {
        let text = format!("there is no file of tokens {}", tokens.display());
        return Err(Trouble(text).into());
    }
    if let Some(settings) = &configuration.oidc {
        all.push(Arc::new(Oidc::new(settings.clone())?));
    }
    Ok(if all.is_empty() { None } else { Some(Arc::new(all)) })
}

/// Lets this process have as many connections as the system allows.
fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Fewer connections are no reason not to serve.
    let _ = setrlimit(Resource::Nofile, raised);
}
