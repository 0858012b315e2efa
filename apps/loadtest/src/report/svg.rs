//! A picture of bars, small enough to need no library.

use std::fmt::Write;

use crate::number::size;
use crate::stats::Spread;

/// One bar: its length is the median, its whisker reaches from the least to the greatest.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it shows.
    pub label: String,
    /// How much.
    pub spread: Spread,
}

const LABELS: f64 = 300.0;
const BARS: f64 = 420.0;
const FIGURES: f64 = 110.0;
const ROW: f64 = 22.0;
const TOP: f64 = 36.0;

/// Horizontal bars under a title.
pub fn bars(title: &str, bars: &[Bar]) -> String {
    let (width, height) = (LABELS + BARS + FIGURES, TOP + ROW * size(bars.len()) + 8.0);
    let longest = bars.iter().map(|bar| bar.spread.max).fold(f64::MIN_POSITIVE, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"8\" y=\"22\" font-size=\"15\" font-weight=\"bold\">{}</text>\n",
        escaped(title)
    );
    for (row, bar) in bars.iter().enumerate() {
        draw(&mut svg, bar, TOP + ROW * size(row), BARS / longest);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, bar: &Bar, top: f64, scale: f64) {
    let Bar { label, spread } = bar;
    let middle = top + ROW / 2.0;
    let at = |figure: f64| LABELS + figure * scale;
    let (end, least, greatest) = (at(spread.median), at(spread.min), at(spread.max));
    // Writing into a String does not fail.
    let _infallible = writeln!(
        svg,
        "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
         <rect x=\"{LABELS}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#4878a8\"/>\
         <path d=\"M{least:.1} {middle:.1}H{greatest:.1}\" stroke=\"#222\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        LABELS - 8.0,
        middle + 4.0,
        escaped(label),
        top + 4.0,
        end - LABELS,
        ROW - 8.0,
        greatest + 6.0,
        middle + 4.0,
        figure(spread.median),
    );
}

/// Whole from 100 on, with thousands apart; three digits below.
pub(super) fn figure(number: f64) -> String {
    if number < 100.0 {
        return if number < 10.0 { format!("{number:.2}") } else { format!("{number:.1}") };
    }
    let digits = format!("{number:.0}");
    let mut grouped = String::with_capacity(digits.len() + 4);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_readable() {
        let figures = [0.25, 12.34, 100.0, 1234.5, 1_234_567.0].map(figure);
        assert_eq!(figures, ["0.25", "12.3", "100", "1,234", "1,234,567"]);
    }

    #[test]
    fn a_picture_has_a_bar_per_figure_to_scale() {
        let bar = |label: &str, median| Bar {
            label: label.to_owned(),
            spread: Spread { median, min: median, max: median },
        };
        let svg = bars("a < b", &[bar("whole", 100.0), bar("half", 50.0)]);
        assert!(svg.contains("a &lt; b"));
        assert!(svg.contains("width=\"420.0\"") && svg.contains("width=\"210.0\""), "{svg}");
        assert_eq!(svg.matches("<path").count(), 2);
    }

    #[test]
    fn nothing_is_a_picture_too() {
        assert!(bars("nothing", &[]).ends_with("</svg>\n"));
    }
}
