//! The plot of a study: how many move, and how many neighbours are alike.

use std::path::Path;

use lyceum::BoxError;
use plotters::prelude::*;

use super::Study;

const SIZE: (u32, u32) = (640, 360);
const MOVED: RGBColor = RGBColor(67, 147, 195);
const ALIKE: RGBColor = RGBColor(214, 96, 77);

/// Draws a study into an SVG file.
///
/// # Errors
///
/// Returns why the file could not be written.
pub fn draw(study: &Study, path: &Path) -> Result<(), BoxError> {
    let residents = study.pictures[0].residents() as f64;
    let moved: Vec<(f64, f64)> = (1..)
        .zip(&study.years)
        .map(|(step, year)| (f64::from(step), 100.0 * year.moved as f64 / residents))
        .collect();
    let before = (0.0, 100.0 * study.alike_before);
    let years = (1..).zip(&study.years);
    let alike = years.map(|(step, year)| (f64::from(step), 100.0 * year.alike));
    let alike: Vec<(f64, f64)> = std::iter::once(before).chain(alike).collect();

    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(44)
        .build_cartesian_2d(0.0..moved.len().max(1) as f64, 0.0..100.0)?;
    chart.configure_mesh().x_desc("step").y_desc("%").light_line_style(TRANSPARENT).draw()?;
    for (points, color, name) in
        [(alike, ALIKE, "of neighbours are alike"), (moved, MOVED, "of residents move")]
    {
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
    }
    let labels = &mut chart.configure_series_labels();
    labels.position(SeriesLabelPosition::MiddleRight).background_style(WHITE).draw()?;
    root.present()?;
    Ok(())
}
