//! Small pictures as SVG: lines over an axis, and bars in groups.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 440.0;
/// Room for the axes and their labels: left, right, top, bottom.
const MARGIN: [f64; 4] = [76.0, 44.0, 100.0, 52.0];

/// Told apart with any colour vision (Okabe and Ito 2008, "Color universal design").
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    Linear,
    Logarithmic,
}

/// One axis: its scale, its label, and how its ticks are written.
#[derive(Debug)]
pub(super) struct Axis {
    pub(super) label: String,
    pub(super) scale: Scale,
    /// In place of numbers, one for each whole number from 0.
    pub(super) names: Vec<String>,
}

impl Axis {
    pub(super) fn new(label: &str, scale: Scale) -> Self {
        Self { label: label.to_owned(), scale, names: Vec::new() }
    }
}

#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Style {
    /// What was not measured.
    Dashed,
    Marked,
}

/// Lines and marks over two axes; a series of no points is left out.
pub(super) fn lines(title: &str, x: &Axis, y: &Axis, series: &[Series]) -> String {
    let points = || series.iter().flat_map(|series| series.points.iter());
    let across = Range::of(points().map(|point| point.0), x.scale);
    let up = match y.scale {
        Scale::Linear => Range::of(points().map(|point| point.1).chain([0.0]), y.scale),
        Scale::Logarithmic => Range::of(points().map(|point| point.1), y.scale),
    };
    let place = |(a, b): (f64, f64)| {
        (across.place(a, MARGIN[0], WIDTH - MARGIN[1]), up.place(b, HEIGHT - MARGIN[3], MARGIN[2]))
    };
    let mut svg = open(title);
    for tick in up.ticks() {
        let (_, at) = place((across.low, tick));
        rule(&mut svg, (MARGIN[0], at), (WIDTH - MARGIN[1], at), "#dddddd");
        text(&mut svg, (MARGIN[0] - 8.0, at + 4.0), "end", &number(tick));
    }
    let ticks = if x.names.is_empty() {
        across.ticks()
    } else {
        (0..x.names.len()).map(|at| at as f64).collect()
    };
    for tick in ticks {
        let (at, _) = place((tick, up.low));
        rule(&mut svg, (at, HEIGHT - MARGIN[3]), (at, HEIGHT - MARGIN[3] + 5.0), "#555555");
        let label = x.names.get(tick as usize).cloned().unwrap_or_else(|| number(tick));
        text(&mut svg, (at, HEIGHT - MARGIN[3] + 20.0), "middle", &label);
    }
    frame(&mut svg, &x.label, &y.label);
    let mut legend = Legend::default();
    // A dashed series continues the one before it, in its colour.
    let mut colour = 0;
    for (at, series) in series.iter().filter(|series| !series.points.is_empty()).enumerate() {
        if at > 0 && series.style != Style::Dashed {
            colour += 1;
        }
        let paint = COLOURS[colour % COLOURS.len()];
        let points: Vec<(f64, f64)> = series.points.iter().map(|&point| place(point)).collect();
        let path: Vec<String> = points.iter().map(|(a, b)| format!("{a:.1},{b:.1}")).collect();
        let dash = if series.style == Style::Dashed { " stroke-dasharray=\"6 5\"" } else { "" };
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{paint}\" stroke-width=\"2\"{dash}/>",
            path.join(" ")
        );
        if series.style == Style::Marked {
            for (a, b) in &points {
                let _ =
                    writeln!(svg, "<circle cx=\"{a:.1}\" cy=\"{b:.1}\" r=\"4\" fill=\"{paint}\"/>");
            }
        }
        legend.entry(&mut svg, &series.name, paint);
    }
    close(svg)
}

/// Groups of bars, one bar for each name, from zero.
pub(super) fn bars(
    title: &str,
    label: &str,
    names: &[&str],
    groups: &[(String, Vec<f64>)],
) -> String {
    let values = groups.iter().flat_map(|(_, values)| values.iter().copied());
    let up = Range::of(values.chain([0.0]), Scale::Linear);
    let height = |value: f64| up.place(value, HEIGHT - MARGIN[3], MARGIN[2]);
    let mut svg = open(title);
    for tick in up.ticks() {
        rule(&mut svg, (MARGIN[0], height(tick)), (WIDTH - MARGIN[1], height(tick)), "#dddddd");
        text(&mut svg, (MARGIN[0] - 8.0, height(tick) + 4.0), "end", &number(tick));
    }
    let share = (WIDTH - MARGIN[0] - MARGIN[1]) / groups.len().max(1) as f64;
    let bar = 0.8 * share / names.len().max(1) as f64;
    for (group, (name, values)) in groups.iter().enumerate() {
        let left = MARGIN[0] + share * (group as f64 + 0.1);
        for (at, value) in values.iter().enumerate() {
            let top = height(*value);
            let _ = writeln!(
                svg,
                "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
                left + bar * at as f64,
                0.92 * bar,
                height(0.0) - top,
                COLOURS[at % COLOURS.len()],
            );
        }
        text(&mut svg, (left + 0.4 * share, HEIGHT - MARGIN[3] + 20.0), "middle", name);
    }
    frame(&mut svg, "", label);
    let mut legend = Legend::default();
    for (at, name) in names.iter().enumerate() {
        legend.entry(&mut svg, name, COLOURS[at % COLOURS.len()]);
    }
    close(svg)
}

/// What an axis spans, from one round number to another.
struct Range {
    low: f64,
    high: f64,
    step: f64,
    scale: Scale,
}

impl Range {
    fn of(values: impl Iterator<Item = f64>, scale: Scale) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let (low, high) =
            if low < high { (low, high) } else { (0.5 * low.min(1.0), high.max(1.0)) };
        match scale {
            Scale::Logarithmic => {
                let low = low.max(1e-12).log10().floor();
                let high = high.max(1e-12).log10().ceil().max(low + 1.0);
                Self { low: 10.0_f64.powf(low), high: 10.0_f64.powf(high), step: 10.0, scale }
            }
            Scale::Linear => {
                // The first of 1, 2, 5 times a power of ten that makes at most six steps.
                let rough = (high - low) / 6.0;
                let power = 10.0_f64.powf(rough.log10().floor());
                let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power);
                let step = step.into_iter().find(|step| *step >= rough).unwrap_or(10.0 * power);
                let low = (low / step).floor() * step;
                Self { low, high: (high / step).ceil() * step, step, scale }
            }
        }
    }

    fn ticks(&self) -> Vec<f64> {
        let count = match self.scale {
            Scale::Linear => (self.high - self.low) / self.step,
            Scale::Logarithmic => (self.high / self.low).log10(),
        };
        let tick = |at: usize| match self.scale {
            Scale::Linear => self.low + self.step * at as f64,
            Scale::Logarithmic => self.low * 10.0_f64.powi(at as i32),
        };
        (0..=count.round() as usize).map(tick).collect()
    }

    fn place(&self, value: f64, from: f64, to: f64) -> f64 {
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Logarithmic => (value / self.low).log10() / (self.high / self.low).log10(),
        };
        from + share * (to - from)
    }
}

/// Names beside their colours, in as many rows as they need.
#[derive(Default)]
struct Legend {
    right: f64,
    row: u32,
}

impl Legend {
    /// A series without a name continues the one before it and needs no entry.
    fn entry(&mut self, svg: &mut String, name: &str, colour: &str) {
        if name.is_empty() {
            return;
        }
        let width = 44.0 + 6.6 * name.chars().count() as f64;
        if self.right > 0.0 && MARGIN[0] + self.right + width > WIDTH {
            (self.right, self.row) = (0.0, self.row + 1);
        }
        let (left, at) = (MARGIN[0] + self.right, 46.0 + 18.0 * f64::from(self.row));
        let _ = writeln!(
            svg,
            "<line x1=\"{left:.1}\" y1=\"{at}\" x2=\"{:.1}\" y2=\"{at}\" stroke=\"{colour}\" \
             stroke-width=\"4\"/>",
            left + 18.0
        );
        text(svg, (left + 24.0, at + 4.0), "start", name);
        self.right += width;
    }
}

fn open(title: &str) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"26\" font-size=\"16\" fill=\"#222222\">{}</text>",
        MARGIN[0],
        escaped(title)
    );
    svg
}

fn close(mut svg: String) -> String {
    svg += "</svg>\n";
    svg
}

fn frame(svg: &mut String, x: &str, y: &str) {
    let corner = (MARGIN[0], HEIGHT - MARGIN[3]);
    rule(svg, corner, (WIDTH - MARGIN[1], corner.1), "#555555");
    rule(svg, corner, (corner.0, MARGIN[2]), "#555555");
    text(svg, (0.5 * (MARGIN[0] + WIDTH - MARGIN[1]), HEIGHT - 12.0), "middle", x);
    let middle = 0.5 * (MARGIN[2] + HEIGHT - MARGIN[3]);
    let _ = writeln!(
        svg,
        "<text transform=\"translate(18 {middle:.1}) rotate(-90)\" text-anchor=\"middle\" fill=\"#444444\">{}</text>",
        escaped(y)
    );
}

fn rule(svg: &mut String, from: (f64, f64), to: (f64, f64), colour: &str) {
    let _ = writeln!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn text(svg: &mut String, at: (f64, f64), anchor: &str, content: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"#444444\">{}</text>",
        at.0,
        at.1,
        escaped(content)
    );
}

fn escaped(content: &str) -> String {
    content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Without digits that say nothing.
fn number(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        let range = Range::of([0.0, 8.7].into_iter(), Scale::Linear);
        assert_eq!((range.low, range.high, range.step), (0.0, 10.0, 2.0));
        assert_eq!(range.ticks(), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(range.place(5.0, 0.0, 100.0), 50.0);
        let range = Range::of([1.0, 1000.0].into_iter(), Scale::Logarithmic);
        assert_eq!(range.ticks().len(), 4);
        assert!((range.place(10.0, 0.0, 90.0) - 30.0).abs() < 1e-9);
        // Even where there is only one value, or none.
        for values in [vec![], vec![3.0], vec![0.0]] {
            let range = Range::of(values.into_iter(), Scale::Linear);
            assert!(range.low < range.high && range.ticks().len() > 1);
        }
    }

    #[test]
    fn a_picture_shows_every_series_and_escapes_names() {
        let series = |name: &str, style| Series {
            name: name.to_owned(),
            points: vec![(1.0, 1.0), (2.0, 1.9)],
            style,
        };
        let all = [
            series("measured", Style::Marked),
            series("a < b", Style::Marked),
            series("beyond", Style::Dashed),
        ];
        let (x, y) =
            (Axis::new("workers", Scale::Logarithmic), Axis::new("speed-up", Scale::Linear));
        let svg = lines("Scaling", &x, &y, &all);
        assert_eq!(svg.matches("<circle").count(), 4);
        assert_eq!(svg.matches("<polyline").count(), 3);
        assert!(svg.contains("a &lt; b") && svg.ends_with("</svg>\n"));
        let svg = bars("Memory", "MiB", &["shared", "copied"], &[("2".to_owned(), vec![1.0, 2.0])]);
        assert_eq!(svg.matches("<rect").count(), 3);
    }
}
