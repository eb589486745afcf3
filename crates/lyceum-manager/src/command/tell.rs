//! `tell`: a message one way.

use clap::Args;
use serde_json::json;

use super::call::Called;
use super::{Failure, Print, Reach, Shared};

/// What is told, and to whom.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Address of the agent, as in tcp://127.0.0.1:5555/counter or unix:///run/mesh.sock#counter
    url: String,

    /// Name of the action; `describe` lists them
    action: String,

    /// Arguments: JSON by position, or name=JSON; a word that is no JSON is a string
    #[arg(value_name = "JSON", allow_negative_numbers = true)]
    arguments: Vec<String>,

    #[command(flatten)]
    pub(super) shared: Shared,
}

impl Options {
    pub(super) async fn execute(&self, reach: &Reach, print: &Print) -> Result<(), Failure> {
        let called = Called::find(reach, &self.url, &self.action).await?;
        let told = called.call(reach, &self.action, &self.arguments)?.tell();
        let told = async { Ok(told.await?) };
        reach.within(&self.url, &self.action, false, told).await?;
        print.either(|_| "accepted".into(), || json!({ "accepted": true }))
    }
}
