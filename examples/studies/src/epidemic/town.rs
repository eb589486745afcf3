//! Towns: who is contagious in them.

use super::{CONTACTS, DAYS};

/// What a town and its illness are like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// How many people there are.
    pub people: u32,
    /// How many are ill on the first day.
    pub ill: u32,
    /// How many are vaccinated.
    pub vaccinated: u32,
    /// How many the first one makes ill, where nobody is immune.
    pub reproduction: f64,
    /// How probable it is not to be infected by somebody who is ill and whom one meets.
    pub(super) escape: f64,
}

impl Plan {
    /// Makes a plan; `vaccinated` is a part of those who are not ill at first.
    pub fn new(people: u32, ill: u32, vaccinated: f64, reproduction: f64) -> Self {
        let well = f64::from(people.saturating_sub(ill));
        let vaccinated = (vaccinated * well).round() as u32;
        let escape = 1.0 - reproduction / f64::from(CONTACTS * DAYS);
        Self { people, ill, vaccinated, reproduction, escape }
    }

    /// Returns which part of the people falls ill in a town without end, as theory has it: of those
    /// who can, all but the ones that escape everybody who was ever ill.
    pub fn expected(&self) -> f64 {
        /// So many rounds bring what is left to do below what a plot shows.
        const ROUNDS: u32 = 1_000;
        let part = |count: u32| f64::from(count) / f64::from(self.people);
        let (ill, well) = (part(self.ill), part(self.people - self.ill - self.vaccinated));
        let mut infected = well;
        for _ in 0..ROUNDS {
            infected = well * (1.0 - (-self.reproduction * (infected + ill)).exp());
        }
        infected + ill
    }
}

/// A town in an epidemic.
#[derive(Debug)]
pub struct Town {
    /// Who was contagious yesterday: whom one meets today is as contagious as that.
    yesterday: Vec<bool>,
    today: Vec<bool>,
    ill: u32,
    fell_ill: u32,
}

impl Town {
    /// Makes a town in which everybody is well.
    pub(super) fn new(people: u32) -> Self {
        let nobody = vec![false; people as usize];
        Self { yesterday: nobody.clone(), today: nobody, ill: 0, fell_ill: 0 }
    }

    /// Begins a day.
    pub(super) fn dawn(&mut self) {
        self.yesterday.copy_from_slice(&self.today);
    }

    /// Returns how many of these are contagious.
    pub(super) fn contagious(&self, met: &[u32]) -> i32 {
        met.iter().map(|other| i32::from(self.yesterday[*other as usize])).sum()
    }

    pub(super) fn falls_ill(&mut self, person: u32) {
        self.today[person as usize] = true;
        self.ill += 1;
        self.fell_ill += 1;
    }

    pub(super) fn recovers(&mut self, person: u32) {
        self.today[person as usize] = false;
        self.ill -= 1;
    }

    /// Returns whether nobody is ill.
    pub(super) fn is_well(&self) -> bool {
        self.ill == 0
    }

    /// Returns how many have fallen ill.
    pub(super) fn fell_ill(&self) -> u32 {
        self.fell_ill
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn illness_that_infects_less_than_one_ends_soon_and_one_of_two_takes_four_fifths() {
        let of = |vaccinated, reproduction| Plan::new(10_000, 1, vaccinated, reproduction);
        assert!(of(0.0, 0.5).expected() < 0.001);
        // The root of z = 1 - exp(-2 z).
        assert!((of(0.0, 2.0).expected() - 0.7968).abs() < 0.001);
        assert!(of(0.75, 2.0).expected() < 0.001, "a herd is immune");
    }

    #[test]
    fn who_falls_ill_is_contagious_from_the_next_day_on() {
        let mut town = Town::new(3);
        town.falls_ill(1);
        assert_eq!(town.contagious(&[0, 1, 1]), 0);
        town.dawn();
        assert_eq!(town.contagious(&[0, 1, 1]), 2);
        town.recovers(1);
        assert!(town.is_well());
        assert_eq!(town.fell_ill(), 1);
    }
}
