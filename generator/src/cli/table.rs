//! Rows on stdout.

/// For programs: one line each, its columns separated by tabs.
pub fn separated(rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| format!("{}\n", row.join("\t"))).collect()
}

/// For people: columns under headings, as wide as they need to be.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let lines: Vec<&Vec<String>> = std::iter::once(&headings).chain(rows).collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned() {
        let row = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let rows = [row(&["x86_64-linux", "cell", "a", "tested"]), row(&["x86_64-linux", "check", "programs-a"])];
        let expected = "SYSTEM        KIND   NAME        STATE\n\
                        x86_64-linux  cell   a           tested\n\
                        x86_64-linux  check  programs-a\n";
        assert_eq!(table(&["SYSTEM", "KIND", "NAME", "STATE"], &rows), expected);
        assert_eq!(separated(&rows), "x86_64-linux\tcell\ta\ttested\nx86_64-linux\tcheck\tprograms-a\n");
    }
}
