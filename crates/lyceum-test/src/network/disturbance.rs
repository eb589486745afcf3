//! Faults at random.

use std::time::Duration;

use super::SimulatedNetwork;

impl SimulatedNetwork {
    /// Lets things go wrong between hosts for a while: connections break, hosts lose sight of each
    /// other, fall silent and are healed, as the seed chooses. In the end all is well.
    pub async fn disturb(&self, hosts: &[&str], time: Duration) {
        let end = self.inner.door.now() + time;
        while self.inner.door.now() < end {
            let pause = Duration::from_millis(self.choose(2_000));
            let next = (self.inner.door.now() + pause).min(end);
            self.inner.door.sleep_until(next).await;
            self.disturb_once(hosts);
        }
        for (index, host) in hosts.iter().enumerate() {
            hosts[index + 1..].iter().for_each(|other| self.heal(host, other));
        }
    }

    fn disturb_once(&self, hosts: &[&str]) {
        let count = hosts.len() as u64;
        let first = self.choose(count) as usize;
        let second = (first + 1 + self.choose(count - 1) as usize) % hosts.len();
        let (host, other) = (hosts[first], hosts[second]);
        match self.choose(5) {
            0 => self.cut(host, other),
            1 => self.silence(host, other),
            2 => self.drop_connections(host, other),
            _ => self.heal(host, other),
        }
    }

    /// Returns a number below another one, as the seed says.
    fn choose(&self, below: u64) -> u64 {
        self.inner.door.random() % below.max(1)
    }
}
