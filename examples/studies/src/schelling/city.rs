//! The city: flats on a grid that has no edge, and who lives in them.

use std::fmt;

use lyceum::rand::SeedableRng;
use lyceum::rand::rngs::SmallRng;
use lyceum::rand::seq::SliceRandom;

/// What a city is like.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many flats stand in a row; three at least.
    pub width: u32,
    /// How many rows there are; three at least.
    pub height: u32,
    /// How many residents there are, half of them of either group.
    pub residents: u32,
    /// How many of a hundred neighbours a resident wants to be of its own group.
    pub wanted: u32,
}

/// Which group a resident is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Group {
    /// One of the two.
    Round = 1,
    /// The other.
    Square = 2,
}

/// An empty flat, among those of groups.
const EMPTY: u8 = 0;

/// Flats, and who lives in them.
#[derive(Clone, Debug)]
pub struct City {
    width: u32,
    height: u32,
    wanted: u32,
    /// Row by row; the number of a group, or [`EMPTY`].
    flats: Vec<u8>,
    empty: Vec<u32>,
    moved: u64,
}

impl Plan {
    /// A city of 100,000 residents, four of five flats taken, who want half of their neighbours to
    /// be of their group.
    pub const LARGE: Self = Self { width: 500, height: 250, residents: 100_000, wanted: 50 };
}

impl City {
    /// Makes a city in which everybody has got some flat by lot.
    ///
    /// # Panics
    ///
    /// If a side has fewer than three flats, where neighbours would count twice, or there are more
    /// residents than flats.
    pub fn settled(plan: &Plan, seed: u64) -> Self {
        let count = plan.width * plan.height;
        assert!(plan.width >= 3 && plan.height >= 3, "a city has at least three rows of three");
        assert!(plan.residents <= count, "everybody has a flat");
        let mut flats = vec![EMPTY; count as usize];
        for (index, flat) in flats.iter_mut().take(plan.residents as usize).enumerate() {
            *flat = if index % 2 == 0 { Group::Round } else { Group::Square } as u8;
        }
        flats.shuffle(&mut SmallRng::seed_from_u64(seed));
        let is_empty = |flat: &u32| flats[*flat as usize] == EMPTY;
        let empty = (0..count).filter(is_empty).collect();
        let (width, height, wanted) = (plan.width, plan.height, plan.wanted);
        Self { width, height, wanted, flats, empty, moved: 0 }
    }

    /// Returns who lives where, row by row.
    pub fn residents(&self) -> impl Iterator<Item = (u32, Group)> + '_ {
        (0..).zip(&self.flats).filter_map(|(flat, taken)| Some((flat, Group::of(*taken)?)))
    }

    /// Returns whether somebody of a group is content with a flat: if nobody lives around it, or
    /// enough of those who do are of the group.
    pub fn suits(&self, flat: u32, group: Group) -> bool {
        let (alike, neighbours) = self.around(flat, group as u8);
        100 * alike >= self.wanted * neighbours
    }

    /// Returns how many of the neighbours of a flat are of a group, and how many there are.
    fn around(&self, flat: u32, group: u8) -> (u32, u32) {
        let (row, column) = (flat / self.width, flat % self.width);
        let left = if column == 0 { self.width - 1 } else { column - 1 };
        let right = if column + 1 == self.width { 0 } else { column + 1 };
        let above = if row == 0 { self.height - 1 } else { row - 1 } * self.width;
        let below = if row + 1 == self.height { 0 } else { row + 1 } * self.width;
        let here = row * self.width;
        let neighbours = [
            above + left,
            above + column,
            above + right,
            here + left,
            here + right,
            below + left,
            below + column,
            below + right,
        ];
        let (mut alike, mut taken) = (0, 0);
        for neighbour in neighbours {
            let other = self.flats[neighbour as usize];
            alike += u32::from(other == group);
            taken += u32::from(other != EMPTY);
        }
        (alike, taken)
    }

    /// Returns how many flats are empty.
    pub fn vacant(&self) -> u32 {
        u32::try_from(self.empty.len()).expect("flats are counted in 32 bits")
    }

    /// Moves a resident to one of the empty flats, by its place among them; returns the flat.
    pub fn move_to(&mut self, choice: u32, from: u32) -> u32 {
        let to = std::mem::replace(&mut self.empty[choice as usize], from);
        self.flats.swap(to as usize, from as usize);
        self.moved += 1;
        to
    }

    /// Returns how many have moved since this was asked last.
    pub fn take_moved(&mut self) -> u64 {
        std::mem::take(&mut self.moved)
    }

    /// Returns which part of all neighbours are of one group, from 0 to 1.
    pub fn alike(&self) -> f64 {
        let (mut alike, mut neighbours) = (0, 0);
        for (flat, group) in self.residents() {
            let around = self.around(flat, group as u8);
            alike += u64::from(around.0);
            neighbours += u64::from(around.1);
        }
        alike as f64 / neighbours as f64
    }

    /// Returns the rows of the city, from above.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.flats.chunks(self.width as usize)
    }
}

impl Group {
    fn of(flat: u8) -> Option<Self> {
        match flat {
            EMPTY => None,
            1 => Some(Self::Round),
            _ => Some(Self::Square),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, height, residents, wanted } = self;
        write!(f, "{residents} residents in {width} x {height} flats want {wanted} % alike")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A city of four rows, as they are drawn.
    fn city(rows: [&str; 4], wanted: u32) -> City {
        let flats: Vec<u8> = rows.concat().bytes().map(|flat| flat - b'0').collect();
        let empty = (0..16).filter(|flat| flats[*flat as usize] == EMPTY).collect();
        City { width: 4, height: 4, wanted, flats, empty, moved: 0 }
    }

    #[test]
    fn neighbours_are_counted_over_the_edge() {
        let city = city(["1002", "0000", "0000", "2001"], 50);
        assert_eq!(city.around(0, 1), (1, 3));
        assert_eq!(city.around(0, 2), (2, 3));
        assert!(!city.suits(0, Group::Round) && city.suits(0, Group::Square));
        assert!(city.suits(5, Group::Round) && city.suits(6, Group::Square));
    }

    #[test]
    fn flat_without_neighbours_suits_everybody() {
        let city = city(["1000", "0000", "0000", "0000"], 100);
        assert!(city.suits(0, Group::Round) && city.suits(10, Group::Square));
    }

    #[test]
    fn who_moves_leaves_an_empty_flat_and_takes_one() {
        let mut city = city(["1222", "2222", "2222", "2220"], 50);
        assert_eq!(city.move_to(0, 0), 15);
        assert_eq!(city.rows().map(|row| row[0]).collect::<Vec<_>>(), [0, 2, 2, 2]);
        assert_eq!((city.empty.clone(), city.flats[15]), (vec![0], 1));
        assert_eq!((city.take_moved(), city.take_moved()), (1, 0));
    }

    #[test]
    fn city_has_as_many_of_each_group_as_its_plan_says() {
        let plan = Plan { width: 10, height: 7, residents: 41, wanted: 30 };
        let city = City::settled(&plan, 7);
        let of = |group| city.residents().filter(|resident| resident.1 == group).count();
        assert_eq!((of(Group::Round), of(Group::Square), city.vacant()), (21, 20, 29));
        assert_ne!(city.flats, City::settled(&plan, 8).flats);
    }
}
