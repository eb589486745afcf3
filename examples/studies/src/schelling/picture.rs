//! Pictures of cities, as PNG files.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use lyceum::BoxError;
use png::{BitDepth, ColorType, Encoder};

use super::City;

/// What is between two pictures, in dots.
const GAP: usize = 8;
/// The colors of an empty flat, the two groups, and what is between pictures.
const COLORS: [[u8; 3]; 4] = [[255, 255, 255], [214, 96, 77], [67, 147, 195], [120, 120, 120]];
const BETWEEN: u8 = 3;

/// A picture of a city: a dot for each flat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    rows: Vec<Vec<u8>>,
}

impl Picture {
    /// Takes the picture of a city.
    pub fn of(city: &City) -> Self {
        Self { rows: city.rows().map(<[u8]>::to_vec).collect() }
    }

    /// Returns how many residents are on it.
    pub fn residents(&self) -> usize {
        self.rows.iter().flatten().filter(|flat| **flat != 0).count()
    }
}

/// Writes two pictures of one city side by side.
///
/// # Errors
///
/// Returns why the file could not be written.
pub fn write_pictures(pictures: &[Picture; 2], path: &Path) -> Result<(), BoxError> {
    let [left, right] = pictures;
    let row = |(left, right): (&Vec<u8>, &Vec<u8>)| {
        let between = [BETWEEN; GAP];
        [&left[..], &between, right].concat()
    };
    let rows: Vec<Vec<u8>> = left.rows.iter().zip(&right.rows).map(row).collect();
    let width = u32::try_from(rows.first().map_or(0, Vec::len))?;
    let file = BufWriter::new(File::create(path)?);
    let mut encoder = Encoder::new(file, width, u32::try_from(rows.len())?);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Two);
    encoder.set_palette(COLORS.concat());
    let packed: Vec<u8> = rows.iter().flat_map(|row| pack(row)).collect();
    encoder.write_header()?.write_image_data(&packed)?;
    Ok(())
}

/// Puts four dots into each byte, the first one at its high end.
fn pack(row: &[u8]) -> impl Iterator<Item = u8> + '_ {
    row.chunks(4).map(|dots| {
        let shifted = dots.iter().zip([6, 4, 2, 0]).map(|(dot, shift)| dot << shift);
        shifted.fold(0, |byte, dot| byte | dot)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_dots_are_a_byte_and_the_last_one_is_filled_up() {
        assert_eq!(pack(&[0, 1, 2, 3, 1]).collect::<Vec<_>>(), [0b0001_1011, 0b0100_0000]);
    }
}
