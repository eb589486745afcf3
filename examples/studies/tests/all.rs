//! Every study runs, and tells what it is expected to tell.

use std::path::PathBuf;

use lyceum::BoxError;
use studies::{epidemic, schelling};

/// Returns a folder of a test's own for its plots.
fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

const CITY: schelling::Plan =
    schelling::Plan { width: 60, height: 50, residents: 2_400, wanted: 50 };

#[test]
fn residents_who_want_half_of_their_neighbours_alike_part() -> Result<(), BoxError> {
    let folder = folder("schelling");

    let lines = schelling::run(&CITY, 7, Some(&folder))?;

    let expected = [
        "2400 residents in 60 x 50 flats want 50 % alike",
        "before: 50.8 % of neighbours are alike",
        "step 1: 864 moved, 65.3 % of neighbours are alike",
        "step 2: 481 moved, 74.9 % of neighbours are alike",
        "step 3: 270 moved, 79.4 % of neighbours are alike",
        "step 4: 168 moved, 82.9 % of neighbours are alike",
        "step 5: 102 moved, 84.4 % of neighbours are alike",
        "step 16: 0 moved, 88.0 % of neighbours are alike",
    ];
    assert_eq!(lines, expected);
    let plot = std::fs::read_to_string(folder.join("schelling.svg"))?;
    assert!(plot.contains("of residents move") && plot.ends_with("</svg>\n"), "{plot}");
    let picture = std::fs::read(folder.join("schelling.png"))?;
    assert!(picture.starts_with(b"\x89PNG"));
    Ok(())
}

#[test]
fn city_depends_on_its_seed_alone() -> Result<(), BoxError> {
    let first = schelling::study(&CITY, 8)?;
    let second = schelling::study(&CITY, 8)?;
    assert_eq!(first.years, second.years);
    assert_eq!(first.pictures, second.pictures);
    assert_ne!(first.years, schelling::study(&CITY, 9)?.years);
    Ok(())
}

#[test]
fn towns_side_by_side_come_out_as_their_seeds_say() -> Result<(), BoxError> {
    let sweep = epidemic::Sweep {
        people: 800,
        ill: 8,
        vaccinated: vec![0.0, 0.5],
        reproduction: vec![0.5, 1.5, 3.0],
        epidemics: 3,
        seed: 7,
    };
    let folder = folder("epidemic");

    let lines = epidemic::run(&sweep, Some(&folder))?;

    let expected = [
        "800 people, 8 ill at first, 3 epidemics each",
        "vaccinated  reproduction  fell ill   least    most  expected",
        "       0 %           0.5     2.2 %    1.8 %    2.8 %     2.0 %",
        "       0 %           1.5    59.8 %   53.0 %   64.4 %    59.4 %",
        "       0 %           3.0    94.7 %   93.9 %   95.4 %    94.1 %",
        "      50 %           0.5     1.2 %    1.1 %    1.4 %     1.3 %",
        "      50 %           1.5     3.5 %    1.6 %    5.2 %     3.6 %",
        "      50 %           3.0    31.5 %   24.8 %   36.9 %    30.9 %",
    ];
    assert_eq!(lines, expected);
    assert_eq!(lines, epidemic::run(&sweep, None)?, "whichever town was done first");
    let plot = std::fs::read_to_string(folder.join("epidemic.svg"))?;
    assert!(plot.contains("50 % vaccinated"), "{plot}");
    Ok(())
}
