//! What is done at a Redis in one step, or not at all.

use std::sync::LazyLock;

use redis::Cmd;

/// One of the scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Register,
    Ask,
    Answer,
    Hold,
    Take,
    Adopt,
    Leave,
    Terminate,
    Beat,
    Beaten,
    Count,
    Forget,
    Bury,
    Drop,
    #[cfg_attr(not(feature = "hybrid"), expect(dead_code, reason = "all passes through the Redis"))]
    Tally,
}

/// The hashes that a server knows them by.
static HASHES: LazyLock<[redis::Script; 15]> = LazyLock::new(|| TEXTS.map(redis::Script::new));

/// The texts of all scripts, in the order of their declaration.
const TEXTS: [&str; 15] = [
    include_str!("scripts/register.lua"),
    include_str!("scripts/ask.lua"),
    include_str!("scripts/answer.lua"),
    include_str!("scripts/hold.lua"),
    include_str!("scripts/take.lua"),
    include_str!("scripts/adopt.lua"),
    include_str!("scripts/leave.lua"),
    include_str!("scripts/terminate.lua"),
    include_str!("scripts/beat.lua"),
    include_str!("scripts/beaten.lua"),
    include_str!("scripts/count.lua"),
    include_str!("scripts/forget.lua"),
    include_str!("scripts/bury.lua"),
    include_str!("scripts/drop.lua"),
    include_str!("scripts/tally.lua"),
];

/// A command, or a script with its keys and arguments.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    Command(Vec<Vec<u8>>),
    Script { script: Script, keys: Vec<String>, arguments: Vec<Vec<u8>> },
}

impl Order {
    /// Makes a command of its words.
    pub(crate) fn words(words: &[&str]) -> Self {
        Self::Command(words.iter().map(|word| word.as_bytes().to_vec()).collect())
    }

    /// Returns about how many bytes it has.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Command(words) => words.iter().map(Vec::len).sum(),
            Self::Script { arguments, .. } => arguments.iter().map(Vec::len).sum::<usize>() + 512,
        }
    }

    /// Writes it: by its hash, or in full for a server that lost it.
    pub(super) fn write(&self, in_full: bool) -> Cmd {
        let mut command = Cmd::new();
        match self {
            Self::Command(words) => {
                command.arg(words);
            }
            Self::Script { script, keys, arguments } => {
                if in_full {
                    command.arg("EVAL").arg(TEXTS[*script as usize]);
                } else {
                    command.arg("EVALSHA").arg(HASHES[*script as usize].get_hash());
                }
                command.arg(keys.len()).arg(keys).arg(arguments);
            }
        }
        command
    }
}

/// Makes a server know all scripts.
pub(super) fn load() -> redis::Pipeline {
    let mut pipeline = redis::pipe();
    for text in TEXTS {
        pipeline.cmd("SCRIPT").arg("LOAD").arg(text);
    }
    pipeline
}
