//! How many wrong tokens may come from one address.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::mailbox::Moment;

/// Wrong tokens that may come from one address at once.
const BURST: u32 = 16;

/// How long it takes until one more may come.
const PAUSE: Duration = Duration::from_secs(1);

/// Addresses that are counted at a time.
const ADDRESSES: usize = 10_000;

/// Tokens that are known to have been right lately.
const TOKENS: usize = 10_000;

/// Counts wrong tokens by the address that they come from.
///
/// An address with too many is refused before its tokens are looked at, but for those that were
/// right before: one client that guesses does not lock out its neighbours.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    state: Mutex<State>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct State {
    wrong: HashMap<IpAddr, Count>,
    /// Hashes. Who has another token with the same one is only looked at.
    right: HashSet<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    wrong: u32,
    /// Since when the next one is being forgiven.
    since: Moment,
}

impl Guesses {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether a token from an address is looked at.
    pub(crate) fn admits(&self, address: IpAddr, token: &str, now: Moment) -> bool {
        let mut state = self.lock();
        let address = network(address);
        let Some(count) = state.wrong.get_mut(&address) else { return true };
        count.forgive(now);
        match count.wrong {
            0 => {
                state.wrong.remove(&address);
                true
            }
            wrong => wrong < BURST || state.right.contains(&self.hasher.hash_one(token)),
        }
    }

    /// Notes that a token was right.
    pub(crate) fn right(&self, token: &str) {
        let hash = self.hasher.hash_one(token);
        let mut state = self.lock();
        if state.right.len() >= TOKENS && !state.right.contains(&hash) {
            // Those that are in use come again.
            state.right.clear();
        }
        state.right.insert(hash);
    }

    /// Notes that a token from an address was wrong.
    pub(crate) fn wrong(&self, address: IpAddr, token: &str, now: Moment) {
        let mut state = self.lock();
        let address = network(address);
        state.right.remove(&self.hasher.hash_one(token));
        if state.wrong.len() >= ADDRESSES && !state.wrong.contains_key(&address) {
            state.make_place(now);
        }
        let count = state.wrong.entry(address).or_insert(Count { wrong: 0, since: now });
        count.wrong = (count.wrong + 1).min(BURST);
    }
}

impl State {
    fn make_place(&mut self, now: Moment) {
        self.wrong.retain(|_, count| {
            count.forgive(now);
            count.wrong > 0
        });
        if self.wrong.len() >= ADDRESSES
            && let Some(&some) = self.wrong.keys().next()
        {
            self.wrong.remove(&some);
        }
    }
}

impl Count {
    fn forgive(&mut self, now: Moment) {
        let passed = now.since(self.since).as_millis() / PAUSE.as_millis();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        self.wrong = self.wrong.saturating_sub(passed);
        self.since = if self.wrong == 0 { now } else { self.since.after(PAUSE * passed) };
    }
}

/// Returns what counts as one address: who has one of version 6 has all of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn at(millis: u64) -> Moment {
        Moment::from_millis(1_000_000 + millis)
    }

    fn guess(guesses: &Guesses, address: IpAddr, now: Moment) -> bool {
        let is_admitted = guesses.admits(address, "guess", now);
        if is_admitted {
            guesses.wrong(address, "guess", now);
        }
        is_admitted
    }

    #[test]
    fn who_guesses_is_slowed_until_time_has_passed() {
        let guesses = Guesses::default();
        let admitted = |millis| (0..100).filter(|_| guess(&guesses, EVE, at(millis))).count();

        assert_eq!(admitted(0), 16);
        assert_eq!(admitted(999), 0);
        assert_eq!(admitted(1_000), 1);
        assert_eq!(admitted(3_500), 2);
        assert_eq!(admitted(4_000), 1);
        assert_eq!(admitted(600_000), 16);
    }

    #[test]
    fn who_is_right_is_not_slowed_by_a_neighbour_who_is_not() {
        let guesses = Guesses::default();
        guesses.right("ada");
        assert_eq!((0..100).filter(|_| guess(&guesses, EVE, at(0))).count(), 16);

        assert!(guesses.admits(EVE, "ada", at(0)));
        assert!(!guesses.admits(EVE, "bob", at(0)));
        assert!(guesses.admits("10.0.0.2".parse().unwrap(), "bob", at(0)));
        guesses.wrong(EVE, "ada", at(0));
        assert!(!guesses.admits(EVE, "ada", at(0)), "it was revoked");
    }

    #[test]
    fn addresses_of_one_network_are_one_and_all_together_are_bounded() {
        let guesses = Guesses::default();
        let near = |last: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last));
        assert_eq!((0..100).filter(|last| guess(&guesses, near(*last), at(0))).count(), 16);

        for number in 0..20_000_u32 {
            guess(&guesses, IpAddr::V4(number.into()), at(0));
            guesses.right(&number.to_string());
        }

        let state = guesses.lock();
        assert_eq!((state.wrong.len(), state.right.len()), (ADDRESSES, TOKENS));
    }
}
