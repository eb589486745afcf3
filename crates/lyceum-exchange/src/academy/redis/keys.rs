//! The names of keys.

use lyceum_wire::academy::Uuid;

/// The letters of numbers in base 32.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// How keys are named: as Academy's Redis exchange does it, or its hybrid one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    Redis,
    /// All begin with a namespace.
    Hybrid(String),
}

impl Keys {
    fn of(&self, redis: &str, hybrid: &str, uid: Uuid) -> String {
        match self {
            Self::Redis => format!("{redis}:{uid}"),
            Self::Hybrid(namespace) => format!("{namespace}:{hybrid}:{}", base32(uid)),
        }
    }

    /// A key that Academy does not have.
    fn own(&self, kind: &str) -> String {
        match self {
            Self::Redis => format!("lyceum:{kind}:"),
            Self::Hybrid(namespace) => format!("{namespace}:lyceum:{kind}:"),
        }
    }

    pub(crate) fn status(&self, uid: Uuid) -> String {
        self.of("active", "status", uid)
    }

    pub(crate) fn agent(&self, uid: Uuid) -> String {
        self.of("agent", "agent", uid)
    }

    pub(crate) fn queue(&self, uid: Uuid) -> String {
        self.of("queue", "queue", uid)
    }

    pub(crate) fn heartbeat(&self, uid: Uuid) -> String {
        self.of("heartbeat", "heartbeat", uid)
    }

    /// Where whoever has a mailbox is reached directly.
    #[cfg(feature = "hybrid")]
    pub(crate) fn address(&self, uid: Uuid) -> String {
        self.of("lyceum:address", "address", uid)
    }

    /// The header of a request that is not answered yet.
    pub(crate) fn request(&self, to: Uuid, tag: Uuid) -> String {
        format!("{}{tag}", self.requests(to))
    }

    /// What all requests to a mailbox begin with.
    pub(crate) fn requests(&self, to: Uuid) -> String {
        match self {
            Self::Redis => format!("request:{to}:"),
            Self::Hybrid(_) => format!("{}{to}:", self.own("request")),
        }
    }

    /// How many requests were answered.
    pub(crate) fn completions(&self, uid: Uuid) -> String {
        match self {
            Self::Redis => format!("completions:{uid}"),
            Self::Hybrid(_) => format!("{}{uid}", self.own("completions")),
        }
    }

    /// How many requests were sent.
    pub(crate) fn outgoing(&self, uid: Uuid) -> String {
        match self {
            Self::Redis => format!("outgoing:{uid}"),
            Self::Hybrid(_) => format!("{}{uid}", self.own("outgoing")),
        }
    }

    /// Which of its holders has a mailbox.
    pub(crate) fn generation(&self, uid: Uuid) -> String {
        format!("{}{uid}", self.own("generation"))
    }

    /// What the holder of a mailbox took and is not done with.
    pub(crate) fn taken(&self, uid: Uuid) -> String {
        format!("{}{uid}", self.own("taken"))
    }

    /// How many requests came straight and are not answered.
    pub(crate) fn direct(&self, uid: Uuid) -> String {
        format!("{}{uid}", self.own("direct"))
    }

    /// The answer to a durable request.
    pub(crate) fn stored(&self, to: Uuid, tag: Uuid) -> String {
        format!("{}{to}:{tag}", self.own("answer"))
    }

    /// What was delivered too often, by number.
    pub(crate) fn dead_letters(&self) -> String {
        format!("{}letters", self.own("dead"))
    }

    /// The numbers of that, in order.
    pub(crate) fn dead_numbers(&self) -> String {
        format!("{}numbers", self.own("dead"))
    }

    /// The number that was given last.
    pub(crate) fn dead_last(&self) -> String {
        format!("{}last", self.own("dead"))
    }

    /// What all sets of agents by class begin with.
    pub(crate) fn classes(&self) -> String {
        self.own("class")
    }

    /// The agents that people call so.
    pub(crate) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.own("name"))
    }

    /// The agents that have a value of an attribute. What stands before says where its name ends.
    pub(crate) fn attribute(&self, name: &str, value: &str) -> String {
        format!("{}{}:{name}:{value}", self.own("attribute"), name.len())
    }

    /// What people call an agent.
    pub(crate) fn called(&self, uid: Uuid) -> String {
        format!("{}{uid}", self.own("called"))
    }

    /// The sets of names and attributes that an agent is in.
    pub(crate) fn found(&self, uid: Uuid) -> String {
        format!("{}{uid}", self.own("found"))
    }

    /// What all keys of agents begin with, as Academy has them.
    pub(crate) fn agents(&self) -> String {
        match self {
            Self::Redis => "agent:".into(),
            Self::Hybrid(namespace) => format!("{namespace}:agent:"),
        }
    }

    /// Reads the number at the end of a key.
    pub(crate) fn uid(&self, key: &str) -> Option<Uuid> {
        let text = key.rsplit(':').next()?;
        match self {
            Self::Redis => text.parse().ok(),
            Self::Hybrid(_) => of_base32(text),
        }
    }

    /// Returns whether every request is noted, so that an answer to what nobody asked is none.
    pub(crate) fn notes_requests(&self) -> bool {
        *self == Self::Redis
    }
}

/// Writes a number as 26 letters.
fn base32(uid: Uuid) -> String {
    let number = uid.as_u128();
    // The last letter has three bits, and two that are zero.
    let letter = |index: u32| {
        let value = if index == 25 { number << 2 } else { number >> (123 - 5 * index) };
        char::from(LETTERS[(value & 31) as usize])
    };
    (0..26).map(letter).collect()
}

fn of_base32(text: &str) -> Option<Uuid> {
    if text.len() != 26 {
        return None;
    }
    let mut number = 0_u128;
    for (index, byte) in text.bytes().enumerate() {
        let value = LETTERS.iter().position(|letter| *letter == byte)? as u128;
        number = if index == 25 { number << 3 | value >> 2 } else { number << 5 | value };
    }
    Some(Uuid::from_u128(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: Uuid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);

    /// As Python's `base64.b32encode` has it.
    #[test]
    fn numbers_are_written_in_base_32_and_read_back() {
        assert_eq!(base32(UID), "AAISEM2EKVTHPCEZVK54ZXPO74");
        assert_eq!(base32(Uuid::max()), "77777777777777777777777774");
        for uid in [UID, Uuid::nil(), Uuid::max()] {
            assert_eq!(of_base32(&base32(uid)), Some(uid));
        }
        for text in ["", "AAISEM2EKVTHPCEZVK54ZXPO7", "aaisem2ekvthpcezvk54zxpo74", "ä"] {
            assert_eq!(of_base32(text), None, "{text}");
        }
    }

    #[test]
    fn keys_are_those_of_academy() {
        assert_eq!(Keys::Redis.status(UID), "active:00112233-4455-6677-8899-aabbccddeeff");
        let hybrid = Keys::Hybrid("default".into());
        assert_eq!(hybrid.status(UID), "default:status:AAISEM2EKVTHPCEZVK54ZXPO74");
        assert_eq!(hybrid.uid(&hybrid.agent(UID)), Some(UID));
        assert_eq!(Keys::Redis.uid(&Keys::Redis.agent(UID)), Some(UID));
    }
}
