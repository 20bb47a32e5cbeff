//! Tables for the terminal and for pages, and how figures are written in them.

/// Rows of cells below a head. The first column is text, the others are figures.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(|&cell| cell.to_owned()).collect(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Aligned with spaces; figures to the right.
    pub(super) fn text(&self) -> String {
        let rows = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| {
            let cells = rows().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let mut text = String::new();
        for row in rows() {
            let mut line = String::new();
            for (at, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                line += &match at {
                    0 => format!("{cell:<width$}"),
                    _ => format!("  {cell:>width$}"),
                };
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    pub(super) fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule: Vec<&str> =
            (0..self.head.len()).map(|at| if at == 0 { "---" } else { "--:" }).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}|{}|\n{rows}", line(&self.head), rule.join("|"))
    }
}

/// Nanoseconds with three digits and a unit that fits.
pub(super) fn time(nanoseconds: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns")];
    // What would round up to 1000 of a unit is 1 of the next.
    let fitting = units.iter().find(|(size, _)| nanoseconds >= size * 0.9995);
    let (size, unit) = fitting.copied().unwrap_or((1.0, "ns"));
    format!("{} {unit}", digits(nanoseconds / size))
}

pub(super) fn bytes(count: f64) -> String {
    let units = [(f64::from(1 << 30), "GiB"), (f64::from(1 << 20), "MiB"), (1024.0, "KiB")];
    match units.iter().find(|(size, _)| count >= *size) {
        Some((size, unit)) => format!("{} {unit}", digits(count / size)),
        None => format!("{count:.0} B"),
    }
}

/// Three significant digits, without an exponent.
pub(super) fn digits(value: f64) -> String {
    match value.abs() {
        size if size < 9.995 => format!("{value:.2}"),
        size if size < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// A share with its sign: `+10.3 %`.
pub(super) fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:+.1} %", 100.0 * share) } else { "-".to_owned() }
}

pub(super) fn p_value(p: f64) -> String {
    if p < 0.0001 { format!("{p:.0e}") } else { format!("{p:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["case", "time"]);
        table.row(vec!["pool/a/b".to_owned(), "1.00 us".to_owned()]);
        table.row(vec!["c|d".to_owned(), "12.0 ms".to_owned()]);
        table
    }

    #[test]
    fn text_is_aligned_and_markdown_is_escaped() {
        assert_eq!(table().text(), "case         time\npool/a/b  1.00 us\nc|d       12.0 ms\n");
        let markdown = table().markdown();
        assert!(markdown.starts_with("| case | time |\n|---|--:|\n| pool/a/b |"));
        assert!(markdown.contains("c\\|d"));
    }

    #[test]
    fn figures_have_three_digits_and_a_unit() {
        assert_eq!(time(3.612), "3.61 ns");
        assert_eq!(time(999.4), "999 ns");
        assert_eq!(time(999.9), "1.00 us");
        assert_eq!(time(48_100_000.0), "48.1 ms");
        assert_eq!(time(12.5e9), "12.5 s");
        assert_eq!(time(0.4), "0.40 ns");
        assert_eq!(bytes(512.0), "512 B");
        assert_eq!(bytes(3.5 * 1024.0 * 1024.0), "3.50 MiB");
        assert_eq!(percent(0.1034), "+10.3 %");
        assert_eq!(percent(f64::NAN), "-");
        assert_eq!(p_value(0.04), "0.0400");
        assert_eq!(p_value(1.2e-9), "1e-9");
    }
}
