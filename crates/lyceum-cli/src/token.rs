//! `lyceum token`: who is let in by an exchange.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use lyceum::network::mailbox::Moment;
use lyceum::network::server::{NewToken, Rights, Tokens, Which};

use crate::exchange::{DATA, tokens_in};
use crate::trouble::Trouble;

/// What can be done with tokens.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Makes a token and prints it; it is not kept and cannot be printed again
    Make(Make),
    /// Lists tokens, without what makes them secret
    List(Place),
    /// Revokes a token; a server that runs notices within a second
    Revoke {
        /// Its id: what stands between the underscores
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Where the tokens lie.
#[derive(Args)]
pub(crate) struct Place {
    /// The folder of the exchange [default: lyceum-exchange]
    #[arg(long, env = "LYCEUM_EXCHANGE_DATA", value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// The file of tokens [default: tokens.json in the folder]
    #[arg(long, env = "LYCEUM_EXCHANGE_TOKENS", value_name = "FILE")]
    tokens: Option<PathBuf>,
}

/// What a token is to be.
#[derive(Args)]
pub(crate) struct Make {
    /// Whose it is: mailboxes belong to this name
    subject: String,
    /// A group that he is in; may be given more than once
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// Mailboxes that he may receive from and speak for: none, own, all, or ids with commas
    #[arg(long, value_name = "WHICH", default_value = "own")]
    read: Which,
    /// Mailboxes that he may send to: none, own, all, or ids with commas
    #[arg(long, value_name = "WHICH", default_value = "own")]
    write: Which,
    /// Mailboxes that he may make, end and share: none, own, all, or ids with commas
    #[arg(long, value_name = "WHICH", default_value = "own")]
    administer: Which,
    /// How long it counts, as in 90s, 15m, 12h or 30d; for good otherwise
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires_in: Option<Duration>,
    #[command(flatten)]
    place: Place,
}

impl Place {
    fn tokens(self) -> lyceum::Result<Tokens> {
        let path =
            self.tokens.unwrap_or_else(|| tokens_in(&self.data.unwrap_or_else(|| DATA.into())));
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|error| Trouble(format!("cannot make {}: {error}", folder.display())))?;
        }
        Ok(Tokens::at(path))
    }
}

impl Command {
    pub(crate) fn run(self) -> lyceum::Result<ExitCode> {
        match self {
            Self::Make(make) => make.run()?,
            Self::List(place) => {
                for token in place.tokens()?.list()? {
                    let Rights { read, write, administer } = &token.rights;
                    let groups = token.groups.iter().cloned().collect::<Vec<_>>().join(",");
                    let end = token.expires.map_or("for good".to_owned(), date);
                    let (id, subject) = (&token.id, &token.subject);
                    println!(
                        "{id}\t{subject}\t{groups}\tread {read}\twrite {write}\t\
                         administer {administer}\t{end}"
                    );
                }
            }
            Self::Revoke { id, place } => place.tokens()?.revoke(&id)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Make {
    fn run(self) -> lyceum::Result<()> {
        let now = now()?;
        let new = NewToken {
            subject: self.subject,
            groups: self.groups.into_iter().collect(),
            rights: Rights { read: self.read, write: self.write, administer: self.administer },
            expires: self.expires_in.map(|time| now.after(time)),
        };
        println!("{}", self.place.tokens()?.make(new, now)?);
        Ok(())
    }
}

/// Asks a node what time it is, as everything does.
fn now() -> lyceum::Result<Moment> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let millis = runtime.block_on(async {
        let node = lyceum::Node::local();
        let millis = node.utc().as_millisecond();
        node.shutdown().await;
        millis
    });
    Ok(Moment::from_millis(u64::try_from(millis)?))
}

fn date(moment: Moment) -> String {
    let millis = i64::try_from(moment.millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX).to_string()
}

/// Reads a number and a unit.
fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a number with s, m, h or d behind it");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("30d"), Ok(Duration::from_secs(30 * 86_400)));
        for wrong in ["", "9", "d", "-1d", "1é", "99999999999999999999d", "18446744073709551615d"]
        {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
