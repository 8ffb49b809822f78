//! The results as SVG files.

use std::path::Path;

use anyhow::{anyhow, Result};
use plotters::prelude::*;

use crate::{scenarios::Measured, sweeps::Line};

const FONT: &str = "sans-serif";
const COLOURS: [RGBColor; 6] = [
	RGBColor(0x1f, 0x77, 0xb4),
	RGBColor(0xd6, 0x27, 0x28),
	RGBColor(0x2c, 0xa0, 0x2c),
	RGBColor(0x94, 0x67, 0xbd),
	RGBColor(0xff, 0x7f, 0x0e),
	RGBColor(0x7f, 0x7f, 0x7f),
];

/// One bar for each result that `value` gives one, cut to `range`; a line marks `mark`.
pub fn bars(
	file: &Path,
	title: &str,
	results: &[Measured],
	range: (f64, f64),
	mark: Option<f64>,
	value: impl Fn(&Measured) -> Option<f64>,
) -> Result<()> {
	let rows: Vec<_> = results
		.iter()
		.filter_map(|result| Some((format!("{} {}%", result.scenario.name, result.scenario.percent()), value(result)?)))
		.collect();
	let count = rows.len().max(1);
	let size = (900, 90 + 22 * count as u32);
	let area = SVGBackend::new(file, size).into_drawing_area();
	draw_bars(&area, title, &rows, range, mark).map_err(|error| anyhow!("{}: {error}", file.display()))
}

fn draw_bars(
	area: &DrawingArea<SVGBackend, plotters::coord::Shift>,
	title: &str,
	rows: &[(String, f64)],
	range: (f64, f64),
	mark: Option<f64>,
) -> Result<(), Box<dyn std::error::Error>> {
	area.fill(&WHITE)?;
	let count = rows.len().max(1);
	let mut chart = ChartBuilder::on(area)
		.caption(title, (FONT, 18))
		.margin(12)
		.margin_right(44)
		.x_label_area_size(30)
		.y_label_area_size(230)
		.build_cartesian_2d(range.0..range.1, 0f64..count as f64)?;
	chart
		.configure_mesh()
		.disable_y_mesh()
		.disable_y_axis()
		.y_labels(0)
		.light_line_style(WHITE)
		.label_style((FONT, 13))
		.draw()?;
	let plotted = chart.plotting_area();
	for (at, (label, value)) in rows.iter().enumerate() {
		let y = (count - at) as f64;
		let cut = value.clamp(range.0, range.1);
		let zero = 0f64.clamp(range.0, range.1);
		let colour = if mark.is_some_and(|mark| *value > mark) { COLOURS[1] } else { COLOURS[0] };
		plotted.draw(&Rectangle::new([(zero, y - 0.2), (cut, y - 0.8)], colour.mix(0.8).filled()))?;
		let (_, pixel) = plotted.map_coordinate(&(zero, y - 0.5));
		area.draw(&Text::new(label.clone(), (16, pixel - 7), (FONT, 13)))?;
		let beside = plotted.map_coordinate(&(cut.max(zero), y - 0.5));
		area.draw(&Text::new(format!("{value:.2}"), (beside.0 + 4, pixel - 6), (FONT, 11)))?;
	}
	if let Some(mark) = mark {
		plotted.draw(&PathElement::new([(mark, 0.0), (mark, count as f64)], BLACK))?;
	}
	area.present()?;
	Ok(())
}

/// Lines, cut to `range`; honesty's profit, 1, is marked.
pub fn lines(file: &Path, title: &str, axis: &str, lines: &[Line], range: (f64, f64)) -> Result<()> {
	let area = SVGBackend::new(file, (900, 480)).into_drawing_area();
	draw_lines(&area, title, axis, lines, range).map_err(|error| anyhow!("{}: {error}", file.display()))
}

fn draw_lines(
	area: &DrawingArea<SVGBackend, plotters::coord::Shift>,
	title: &str,
	axis: &str,
	lines: &[Line],
	range: (f64, f64),
) -> Result<(), Box<dyn std::error::Error>> {
	area.fill(&WHITE)?;
	let last = lines.iter().flat_map(|line| &line.points).map(|(x, _)| *x).fold(1.0, f64::max);
	let mut chart = ChartBuilder::on(area)
		.caption(title, (FONT, 18))
		.margin(12)
		.margin_right(24)
		.x_label_area_size(45)
		.y_label_area_size(60)
		.build_cartesian_2d(0f64..last, range.0..range.1)?;
	chart
		.configure_mesh()
		.x_desc(axis)
		.light_line_style(WHITE)
		.x_label_formatter(&|x| format!("{x:.0}"))
		.y_desc("profit / honest profit")
		.label_style((FONT, 13))
		.axis_desc_style((FONT, 14))
		.draw()?;
	chart.draw_series([PathElement::new([(0.0, 1.0), (last, 1.0)], BLACK)])?;
	for (line, colour) in lines.iter().zip(COLOURS) {
		let points: Vec<_> = line.points.iter().map(|(x, y)| (*x, y.clamp(range.0, range.1))).collect();
		chart
			.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?
			.label(line.name.clone())
			.legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
		chart.draw_series(points.into_iter().map(|at| Circle::new(at, 3, colour.filled())))?;
	}
	chart
		.configure_series_labels()
		.position(SeriesLabelPosition::UpperLeft)
		.background_style(WHITE.mix(0.8))
		.label_font((FONT, 13))
		.draw()?;
	area.present()?;
	Ok(())
}
