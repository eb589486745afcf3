//! Running a simulator: the scenario's requests, one after the other.

use std::fmt;
use std::io;

use serde::Serialize;
use serde_json::Value as Json;
use thiserror::Error;

use super::{Closed, Exception, Init, Mosaik, OpenError, Params, Simulator};
use crate::aiomas::{Channel, Listener, Request, Value};

/// Says why a simulator ended before its scenario stopped it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// There is no scenario.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// No scenario could connect.
    #[error("cannot wait for a scenario")]
    Accept(#[from] io::Error),
    /// The connection ended before the scenario did.
    #[error("the scenario is gone")]
    Closed(#[source] Closed),
}

/// Waits for a scenario that connects to a simulator, which mosaik calls `connect`.
pub struct Server {
    listener: Listener,
}

/// Connects to the scenario that started this program, and runs a simulator until it is stopped.
/// `address` is what mosaik puts in place of `%(addr)s`: `127.0.0.1:5555`.
///
/// # Errors
///
/// Says why there is no scenario, or that it went away.
///
/// # Cancel safety
///
/// Dropping the future leaves the scenario; the simulator is not finalized.
pub async fn run(address: &str, simulator: impl Simulator) -> Result<(), RunError> {
    serve(Channel::open(&url(address)).await?, simulator).await
}

fn url(address: &str) -> String {
    format!("aiomas+tcp://{address}?profile=bare&codec=json")
}

impl Server {
    /// Listens at an address; port 0 is any free one.
    ///
    /// # Errors
    ///
    /// Says why that is not possible.
    pub async fn bind(address: &str) -> Result<Self, RunError> {
        Ok(Self { listener: Listener::bind(&url(address)).await? })
    }

    /// Returns where it listens, with the port that it got.
    pub fn address(&self) -> &str {
        self.listener.url().location()
    }

    /// Waits for a scenario, and runs a simulator until it is stopped.
    ///
    /// # Errors
    ///
    /// As for [`run`].
    ///
    /// # Cancel safety
    ///
    /// As for [`run`].
    pub async fn serve(&mut self, simulator: impl Simulator) -> Result<(), RunError> {
        serve(self.listener.accept_channel().await?, simulator).await
    }
}

async fn serve(mut channel: Channel, mut simulator: impl Simulator) -> Result<(), RunError> {
    let mosaik = Mosaik::new(channel.sender());
    let ended = loop {
        let Some(request) = channel.recv().await else {
            break Err(RunError::Closed(channel.closed().await));
        };
        let Some(call) = Call::read(request.content()) else {
            let expected = "expected a list of function, arguments and keyword arguments";
            fail(request, &Exception::new("BadRequest", expected));
            continue;
        };
        if call.function == "stop" {
            request.reply(());
            break Ok(());
        }
        match handle(&mut simulator, call, &mosaik).await {
            Ok(result) => request.reply(Value::from(result)),
            Err(exception) => fail(request, &exception),
        }
    };
    simulator.finalize().await;
    channel.close().await;
    ended
}

/// Tells the scenario of an exception, which is a list of type, message and traceback there.
fn fail(request: Request, exception: &Exception) {
    let (kind, message) = (exception.kind().into(), exception.message().into());
    request.fail_with(vec![kind, message, format!("{exception}\n").into()].into());
}

/// A request of a scenario.
struct Call {
    function: String,
    args: Vec<Json>,
    params: Params,
}

impl Call {
    fn read(content: &Value) -> Option<Self> {
        let Json::Array(parts) = Json::from(content.clone()) else { return None };
        let [function, args, kwargs]: [Json; 3] = parts.try_into().ok()?;
        match (function, args, kwargs) {
            (Json::String(function), Json::Array(args), Json::Object(kwargs)) => {
                Some(Self { function, args, params: Params(kwargs) })
            }
            _ => None,
        }
    }

    /// Takes the argument at a position, or of a name.
    fn argument<T: serde::de::DeserializeOwned>(
        &mut self,
        position: usize,
        name: &str,
    ) -> Result<T, Exception> {
        let Some(value) = self.args.get_mut(position) else { return self.params.take(name) };
        let wrong = |error| Exception::new("TypeError", format!("argument `{name}`: {error}"));
        serde_json::from_value(value.take()).map_err(wrong)
    }
}

async fn handle(
    simulator: &mut impl Simulator,
    mut call: Call,
    mosaik: &Mosaik,
) -> Result<Json, Exception> {
    match call.function.as_str() {
        "init" => {
            let sid = call.argument(0, "sid")?;
            let time_resolution = call.params.take_or("time_resolution", 1.0)?;
            let (params, mosaik) = (call.params, mosaik.clone());
            answer(simulator.init(Init { sid, time_resolution, params, mosaik }).await?)
        }
        "create" => {
            let count = call.argument(0, "num")?;
            let model: String = call.argument(1, "model")?;
            answer(simulator.create(count, &model, call.params).await?)
        }
        "setup_done" => answer(simulator.setup_done().await?),
        "step" => {
            let (time, inputs) = (call.argument(0, "time")?, call.argument(1, "inputs")?);
            let max_advance = call.argument(2, "max_advance").unwrap_or(time);
            answer(simulator.step(time, inputs, max_advance).await?)
        }
        "get_data" => answer(simulator.get_data(call.argument(0, "outputs")?).await?),
        method => simulator.call(method, call.args, call.params).await,
    }
}

fn answer(result: impl Serialize) -> Result<Json, Exception> {
    let json = serde_json::to_value(result);
    json.map_err(|error| Exception::new("TypeError", error.to_string()))
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.address())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn arguments_are_taken_by_position_or_name() {
        let content = json!(["create", [3], {"model": "M", "size": 2}]);
        let mut call = Call::read(&content.into()).unwrap();
        assert_eq!(call.argument(0, "num"), Ok(3));
        assert_eq!(call.argument(1, "model"), Ok("M".to_owned()));
        assert_eq!(call.params, Params(Map::from_iter([("size".to_owned(), json!(2))])));
    }

    #[test]
    fn what_is_no_call_is_none() {
        for content in [json!([]), json!(["f", [], []]), json!([1, [], {}]), json!("f")] {
            assert!(Call::read(&content.into()).is_none());
        }
    }
}
