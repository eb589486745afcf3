//! `types`, and `describe` for what is no address: the types of agent that a program has.

use clap::Args;
use serde_json::json;

use crate::command::describe;
use crate::command::failure::Failure;
use crate::command::paint::Paint;
use crate::command::print::Print;
use crate::command::table::{Cell, Table};
use crate::{Commands, Registry};

/// How types are listed.
#[derive(Args, Clone, Debug)]
pub(super) struct Options {
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Options {
    pub(super) fn execute(&self, registry: &Registry) -> Result<(), Failure> {
        let types = registry.names().into_iter().filter_map(|name| registry.describe(name));
        let types: Vec<_> = types.collect();
        let table = |paint: Paint| {
            let mut table = Table::new().left("TYPE").left("ACTIONS").left("");
            for one in &types {
                let actions: Vec<_> = one.actions.iter().map(|one| one.name.as_str()).collect();
                let doc = one.doc.trim().lines().next().unwrap_or_default();
                table.row(vec![
                    Cell::new(one.name.as_str()).painted(Paint::strong),
                    Cell::new(actions.join(", ")),
                    Cell::new(doc).painted(Paint::faint),
                ]);
            }
            table.render(paint)
        };
        Print::new(self.json).either(table, || json!(types))
    }
}

/// Describes a type, if that is what is asked for.
pub(super) fn described(registry: &Registry, commands: &Commands) -> Option<Result<(), Failure>> {
    let (wanted, as_json) = commands.described()?;
    if wanted.contains("://") {
        return None;
    }
    let Some(described) = registry.describe(wanted) else {
        let known = registry.names().join(", ");
        let text = format!("cannot describe `{wanted}`: expected an address or a type, of {known}");
        return Some(Err(Failure::Usage(text)));
    };
    let print = Print::new(as_json);
    Some(print.either(|paint| describe::text(&described, paint), || json!(described)))
}
