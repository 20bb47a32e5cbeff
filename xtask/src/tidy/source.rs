//! One Rust file as the checks see it: text, code, and which lines are tests.

use std::collections::BTreeSet;

use super::lexer::blank;
use super::workspace::{folder_of, name_of};

#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
    /// The text without comments and the contents of literals, line by line.
    code: Vec<String>,
    /// Whether each line belongs to a test.
    is_test: Vec<bool>,
}

impl Source {
    /// All files together: `#[cfg(test)] mod cases;` in one makes a test of another.
    pub(super) fn read_all<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Self> {
        let mut test_modules = BTreeSet::new();
        let mut sources: Vec<Self> =
            files.map(|(path, text)| Self::read(path, text, &mut test_modules)).collect();
        for source in &mut sources {
            let is_module_of = |module: &String| {
                source.path == format!("{module}.rs")
                    || source.path.starts_with(&format!("{module}/"))
            };
            if test_modules.iter().any(is_module_of) {
                source.is_test.fill(true);
            }
        }
        sources
    }

    fn read(path: &str, text: &str, test_modules: &mut BTreeSet<String>) -> Self {
        let code = blank(text);
        let lines: Vec<String> = code.lines().map(str::to_owned).collect();
        // The library that benches share is none of them.
        let inside = path.strip_prefix("benches/src/").unwrap_or(path);
        let whole = inside.split('/').any(|part| matches!(part, "tests" | "benches" | "tests.rs"))
            || code.contains("#![cfg(test)]");
        let mut is_test = vec![whole; lines.len()];
        for item in test_items(&code) {
            let line_of = |at: usize| code[..at].matches('\n').count();
            is_test[line_of(item.start)..=line_of(item.end - 1)].fill(true);
            if let Some(name) = module_name(&code[item]) {
                test_modules.insert(format!("{}/{name}", module_folder(path)));
            }
        }
        Self { path: path.to_owned(), text: text.to_owned(), code: lines, is_test }
    }

    /// The lines that are neither comment nor blank, with their numbers from 1.
    pub(super) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.iter().map(String::as_str)).filter(|(_, line)| !line.trim().is_empty())
    }

    /// Those of [`Self::code_lines`] that are no tests.
    pub(super) fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code_lines().filter(|&(line, _)| !self.is_test[line - 1])
    }

    pub(super) fn is_all_test(&self) -> bool {
        self.is_test.iter().all(|&is_test| is_test)
    }

    /// The crate's folder, such as `pool`, where the file is below `crates/`.
    pub(super) fn crate_folder(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// Whether the file is part of a library of the product, and not of its tests.
    pub(super) fn is_library(&self) -> bool {
        self.crate_folder().is_some_and(|folder| {
            folder != "cli" && self.path.starts_with(&format!("crates/{folder}/src/"))
        })
    }
}

/// Whether `pattern` occurs in `line` and is no part of a longer word there.
pub(super) fn has_word(line: &str, pattern: &str) -> bool {
    let is_word = |c: char| c == '_' || c.is_alphanumeric();
    line.match_indices(pattern).any(|(at, _)| {
        let touches = |edge: Option<char>, beyond: Option<char>| {
            edge.is_some_and(is_word) && beyond.is_some_and(is_word)
        };
        let before = line[..at].chars().next_back();
        let after = line[at + pattern.len()..].chars().next();
        !touches(pattern.chars().next(), before) && !touches(pattern.chars().next_back(), after)
    })
}

/// The items below an attribute such as `#[cfg(test)]`, attribute included.
fn test_items(code: &str) -> Vec<std::ops::Range<usize>> {
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(found) = code[at..].find("#[") {
        let start = at + found;
        let after = start + bracketed_length(&code[start + 1..]) + 1;
        let attribute = &code[start..after];
        let is_test = attribute.starts_with("#[cfg(") && has_word(attribute, "test");
        at = after;
        if is_test && !attribute.contains("not(test") {
            let end = after + item_length(&code[after..]);
            items.push(start..end);
            at = end;
        }
    }
    items
}

/// The length of an item: to its `;` or its closing brace, its own attributes skipped.
fn item_length(code: &str) -> usize {
    let mut at = 0;
    while let Some(character) = code[at..].chars().next() {
        match character {
            ';' => return at + 1,
            '{' => return at + bracketed_length(&code[at..]),
            '(' | '[' => at += bracketed_length(&code[at..]),
            _ => at += character.len_utf8(),
        }
    }
    code.len()
}

/// The length of what lies between the bracket that opens `code` and its partner, with both.
fn bracketed_length(code: &str) -> usize {
    let mut depth = 0;
    for (at, character) in code.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + character.len_utf8();
        }
    }
    code.len()
}

/// The name in an item such as `#[cfg(test)] mod cases;`, which lies in a file of its own.
fn module_name(item: &str) -> Option<&str> {
    item.strip_suffix(';')?.rsplit_once("mod ").map(|(_, name)| name.trim())
}

/// The folder in which the modules that the file at `path` declares lie.
fn module_folder(path: &str) -> &str {
    match name_of(path) {
        "lib.rs" | "main.rs" | "mod.rs" => folder_of(path),
        _ => path.strip_suffix(".rs").unwrap_or(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(path: &str, text: &str) -> Vec<usize> {
        let sources = Source::read_all(std::iter::once((path, text)));
        sources[0].product_lines().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_test_module_ends_at_its_brace() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { if x {} }\n}\nfn c() {}\n";
        assert_eq!(product("crates/pool/src/a.rs", text), [1, 6]);
    }

    #[test]
    fn a_test_attribute_reaches_over_further_attributes_and_braceless_items() {
        assert_eq!(product("a.rs", "#[cfg(test)]\n#[allow(x)]\nuse b;\nuse c;\n"), [4]);
        assert_eq!(product("a.rs", "#[cfg(all(test, unix))]\nfn f(x: [u8; 2]) {}\nuse c;"), [3]);
        assert_eq!(
            product("a.rs", "#[cfg(not(test))]\nuse b;\n#[derive(A)]\nstruct S;"),
            [1, 2, 3, 4]
        );
    }

    #[test]
    fn a_test_module_in_its_own_file_is_found_through_its_declaration() {
        let files = [
            ("src/lib.rs", "#[cfg(test)]\nmod cases;\nmod grid;"),
            ("src/cases.rs", "fn a() {}"),
            ("src/grid.rs", "#[cfg(test)]\nmod laws;"),
            ("src/grid/laws.rs", "fn a() {}"),
            ("src/laws.rs", "fn a() {}"),
        ];
        let sources = Source::read_all(files.into_iter());
        let tests: Vec<_> = sources.iter().map(Source::is_all_test).collect();
        assert_eq!(tests, [false, true, true, true, false]);
    }

    #[test]
    fn integration_tests_and_benches_are_tests() {
        assert!(product("crates/pool/tests/it/main.rs", "fn a() {}").is_empty());
        assert!(product("benches/benches/pool.rs", "fn a() {}").is_empty());
        assert_eq!(product("benches/src/experiment.rs", "fn a() {}"), [1]);
    }

    #[test]
    fn words_have_edges() {
        assert!(has_word("x = println!(a)", "println!"));
        assert!(!has_word("eprintln!(a)", "println!"));
        assert!(has_word("a::set_var(b)", "set_var"));
        assert!(!has_word("set_variance(b)", "set_var"));
    }

    #[test]
    fn the_command_is_no_library() {
        let sources = Source::read_all(
            [
                ("crates/cli/src/main.rs", ""),
                ("crates/pool/src/lib.rs", ""),
                ("xtask/src/a.rs", ""),
            ]
            .into_iter(),
        );
        let libraries: Vec<_> = sources.iter().map(Source::is_library).collect();
        assert_eq!(libraries, [false, true, false]);
    }
}
