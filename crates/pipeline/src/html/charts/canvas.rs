//! What all pictures share: an SVG string to draw on, the palette, the type.

use plotters::coord::Shift;
use plotters::prelude::*;

/// The prior: grey, the ground that views stand out from.
pub(super) const PRIOR: RGBColor = RGBColor(138, 148, 160);
/// Earned views.
pub(in crate::html) const EARNED: RGBColor = RGBColor(24, 95, 182);
/// Error-variance views.
pub(in crate::html) const ERROR_VARIANCE: RGBColor = RGBColor(214, 122, 38);
/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(52, 62, 76);
/// Grid lines.
pub(super) const FAINT: RGBColor = RGBColor(228, 231, 235);

/// A font of the page's family.
pub(super) fn font(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

/// Draws on a white SVG canvas of the given size, in CSS pixels, and returns its text.
///
/// `None` when a drawing call failed, which plotters reports for sizes too small for their labels.
pub(super) fn draw(
    size: (u32, u32),
    picture: impl FnOnce(
        &DrawingArea<SVGBackend<'_>, Shift>,
    ) -> Result<(), DrawingAreaErrorKind<std::io::Error>>,
) -> Option<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE).ok()?;
        picture(&area).ok()?;
        area.present().ok()?;
    }
    // The page scales pictures to its column; a view box keeps their proportions.
    let fixed = format!("<svg width=\"{}\" height=\"{}\" ", size.0, size.1);
    Some(svg.replacen(&fixed, "<svg class=\"chart\" role=\"img\" ", 1))
}

/// The colour of a rule as the page writes it.
pub(in crate::html) fn css_colour(rule: &str) -> String {
    let RGBColor(red, green, blue) = rule_colour(rule);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The colour of a rule by its name.
pub(super) fn rule_colour(name: &str) -> RGBColor {
    match name {
        "earned" => EARNED,
        "error-variance" => ERROR_VARIANCE,
        "equal weight" => RGBColor(120, 150, 100),
        _ => PRIOR,
    }
}

/// A price on an axis that goes up to `highest`, short enough to stand beside it and with the digits that
/// tell it from its neighbours.
pub(super) fn price_label(price: f64, highest: f64) -> String {
    match highest {
        h if !(0.01..1e7).contains(&h) => format!("{price:.2e}"),
        h if h >= 100.0 => format!("{price:.0}"),
        h if h >= 10.0 => format!("{price:.1}"),
        h if h >= 1.0 => format!("{price:.2}"),
        _ => format!("{price:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_prices_are_short_and_tell_them_apart() {
        let cases = [
            (160_000_000.0, 180_000_000.0, "1.60e8"),
            (8_000_000.0, 9_000_000.0, "8000000"),
            (120.0, 135.0, "120"),
            (9.5, 12.0, "9.5"),
            (1.0, 1.3, "1.00"),
            (0.25, 0.3, "0.2500"),
            (0.000_011_8, 0.000_013, "1.18e-5"),
        ];
        for (price, highest, expected) in cases {
            assert_eq!(price_label(price, highest), expected);
        }
    }
}
