//! What all pages are made of: the document around them, pictures, colour keys, figures as text.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::charts;

/// A whole page around its body.
pub(super) fn document(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body { (body) }
        }
    }
    .into_string()
}

/// A picture, if it could be drawn, with its caption.
pub(super) fn figure(picture: Option<String>, caption: Option<&str>) -> Markup {
    html! {
        @if let Some(svg) = picture {
            figure {
                (PreEscaped(svg))
                @if let Some(caption) = caption { figcaption { (caption) } }
            }
        }
    }
}

/// The rules of a picture with their colours.
pub(super) fn rules_key(rules: &[&str]) -> Markup {
    let named: Vec<(&str, String)> =
        rules.iter().map(|rule| (*rule, charts::css_colour(rule))).collect();
    key(&named)
}

/// Names with their colours.
pub(super) fn key(names: &[(&str, String)]) -> Markup {
    html! {
        div.key {
            @for (name, colour) in names {
                span { i style={ "background:" (colour) } {} (name) }
            }
        }
    }
}

/// A number, or a dash where the figure does not exist.
pub(super) fn number(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { "\u{2013}".to_owned() }
}

/// A decimal fraction as a percentage, without the sign of a zero; a dash where the figure does not exist.
pub(super) fn percent(fraction: f64, decimals: usize) -> String {
    if !fraction.is_finite() {
        return number(fraction, decimals);
    }
    let text = format!("{:.decimals$} %", fraction * 100.0);
    match text.strip_prefix('-') {
        Some(positive) if !positive.contains(|digit: char| ('1'..='9').contains(&digit)) => {
            positive.to_owned()
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_has_no_sign() {
        assert_eq!(super::percent(-0.000_01, 1), "0.0 %");
        assert_eq!(super::percent(-0.001, 1), "-0.1 %");
        assert_eq!(super::percent(f64::NAN, 1), "\u{2013}");
    }
}
