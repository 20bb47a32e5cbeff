//! Rust source without its comments and the contents of its literals.
//!
//! Just enough of a lexer that a word in a doc example or in an error message is not taken
//! for code. Lines keep their numbers and columns their places.

/// The source with comments, and what stands between the quotes of strings and characters,
/// turned into spaces.
pub(super) fn blank(source: &str) -> String {
    let mut lexer = Lexer { rest: source, code: String::with_capacity(source.len()) };
    while let Some(next) = lexer.rest.chars().next() {
        if lexer.rest.starts_with("//") {
            lexer.blank_bytes(lexer.rest.find('\n').unwrap_or(lexer.rest.len()));
        } else if lexer.rest.starts_with("/*") {
            lexer.blank_bytes(block_comment_length(lexer.rest));
        } else if next == '"' {
            lexer.literal(1, quoted_length(lexer.rest, '"'), "\"");
        } else if next == '\'' {
            lexer.quote();
        } else if next == '_' || next.is_alphanumeric() {
            lexer.word();
        } else {
            lexer.keep_bytes(next.len_utf8());
        }
    }
    lexer.code
}

struct Lexer<'a> {
    rest: &'a str,
    code: String,
}

impl Lexer<'_> {
    fn keep_bytes(&mut self, length: usize) {
        let (kept, rest) = self.rest.split_at(length);
        self.code.push_str(kept);
        self.rest = rest;
    }

    fn blank_bytes(&mut self, length: usize) {
        let (blanked, rest) = self.rest.split_at(length);
        self.code.extend(blanked.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        self.rest = rest;
    }

    /// A literal of `length` bytes: its first `opening` bytes and its closing quote are kept.
    fn literal(&mut self, opening: usize, length: usize, quote: &str) {
        let inside = &self.rest[opening..length];
        // The closing quote is missing where the file ends inside the literal.
        let blanked = inside.strip_suffix(quote).unwrap_or(inside).len();
        self.keep_bytes(opening);
        self.blank_bytes(blanked);
        self.keep_bytes(length - opening - blanked);
    }

    /// `'a'` and `'\n'` are literals; `'a` is a lifetime.
    fn quote(&mut self) {
        let mut inside = self.rest[1..].chars();
        let first = inside.next();
        let is_character = first == Some('\\') || inside.next() == Some('\'');
        if is_character {
            self.literal(1, quoted_length(self.rest, '\''), "'");
        } else {
            self.keep_bytes(1);
        }
    }

    /// An identifier, a number, or the prefix of a raw string together with that string.
    fn word(&mut self) {
        let end =
            self.rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        let hashes = after.len() - after.trim_start_matches('#').len();
        let is_raw = matches!(word, "r" | "br" | "cr") && after[hashes..].starts_with('"');
        self.keep_bytes(end);
        if is_raw {
            let opening = hashes + 1;
            let closing = format!("\"{}", "#".repeat(hashes));
            let length = self.rest[opening..]
                .find(&closing)
                .map_or(self.rest.len(), |inside| opening + inside + closing.len());
            self.literal(opening, length, &closing);
        }
    }
}

/// The length of the literal that opens `text` with `quote`, escapes respected.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            return index + 1;
        }
    }
    text.len()
}

/// The length of the block comment that opens `text`; such comments nest.
fn block_comment_length(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::blank;

    fn check(source: &str, code: &str) {
        assert_eq!(blank(source), code);
    }

    #[test]
    fn comments_go_and_lines_stay() {
        check("a // b\nc", "a     \nc");
        check("/// ```\n/// x\nfn f() {}", "       \n     \nfn f() {}");
        check("a /* b /* c */ d\n */ e", "a               \n    e");
        check("a /* never closed", "a                ");
    }

    #[test]
    fn strings_lose_their_contents() {
        check(r#"f("a // b", c)"#, r#"f("      ", c)"#);
        check(r#""a\"b" c"#, r#""    " c"#);
        check(r#"b"x" c"y""#, r#"b" " c" ""#);
        check("\"a\nb\" c", "\" \n \" c");
        check("\"op\né", "\"  \n ");
    }

    #[test]
    fn raw_strings_end_at_their_own_hashes() {
        check(r###"r#"a"b"# c"###, r###"r#"   "# c"###);
        check(r#"r"a\" c"#, r#"r"  " c"#);
        check("r#fn x", "r#fn x");
        check(r#"for"x""#, r#"for" ""#);
    }

    #[test]
    fn characters_are_literals_and_lifetimes_are_not() {
        check("'a' b", "' ' b");
        check(r"'\'' b", r"'  ' b");
        check("'\"' \"x\"", "' ' \" \"");
        check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}");
        check("'é' x", "' ' x");
    }
}
