//! The plot of a sweep: who fell ill, and who is expected to.

use std::path::Path;

use lyceum::BoxError;
use plotters::prelude::*;

use super::Point;

const SIZE: (u32, u32) = (640, 400);
const COLORS: [RGBColor; 4] = [
    RGBColor(178, 24, 43),
    RGBColor(239, 138, 98),
    RGBColor(103, 169, 207),
    RGBColor(33, 102, 172),
];

/// Draws the points of a sweep into an SVG file: a line for what is expected, a dot for each
/// epidemic.
///
/// # Errors
///
/// Returns why the file could not be written.
pub fn draw(points: &[Point], path: &Path) -> Result<(), BoxError> {
    let most = points.iter().map(|point| point.plan.reproduction).fold(0.0, f64::max);
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(44)
        .build_cartesian_2d(0.0..most * 1.05, 0.0..100.0)?;
    let mesh = &mut chart.configure_mesh();
    mesh.x_desc("reproduction").y_desc("% fell ill").light_line_style(TRANSPARENT).draw()?;
    let lines = points.chunk_by(|one, next| one.vaccinated == next.vaccinated);
    for (line, color) in lines.zip(COLORS.into_iter().cycle()) {
        let place = |point: &Point, part: f64| (point.plan.reproduction, 100.0 * part);
        let expected = line.iter().map(|point| place(point, point.plan.expected()));
        chart
            .draw_series(LineSeries::new(expected, color.stroke_width(2)))?
            .label(format!("{:.0} % vaccinated", 100.0 * line[0].vaccinated))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
        let epidemics = line.iter().flat_map(|point| {
            point
                .fell_ill
                .iter()
                .map(move |part| Circle::new(place(point, *part), 3, color.filled()))
        });
        chart.draw_series(epidemics)?;
    }
    let labels = &mut chart.configure_series_labels();
    labels.position(SeriesLabelPosition::UpperLeft).background_style(WHITE).draw()?;
    root.present()?;
    Ok(())
}
