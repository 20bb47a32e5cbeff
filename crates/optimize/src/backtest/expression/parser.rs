//! From text to tree, by recursive descent; every mistake is told with its position.

use super::tree::{Arithmetic, Column, Function, Node, Relation};
use crate::error::{Error, ErrorKind, Result};
use crate::nearest_name::nearest_name;

/// Brackets and calls within each other; more is no rule anybody wrote.
const DEEPEST: usize = 64;

/// Values, operators and conditions; a chain of them is as deep a tree as it is long.
const LARGEST: usize = 1_000;

pub(super) fn parse(text: &str) -> Result<Node> {
    let mut parser = Parser { text, chars: text.chars().collect(), at: 0, depth: 0, size: 0 };
    let node = parser.any()?;
    parser.skip_space();
    if parser.at < parser.chars.len() {
        return Err(parser.mistake(parser.at, "expected an operator or the end"));
    }
    if !node.is_condition() {
        return Err(
            parser.mistake(0, "expected a condition, got a number; compare it with something")
        );
    }
    Ok(node)
}

struct Parser<'t> {
    text: &'t str,
    chars: Vec<char>,
    at: usize,
    depth: usize,
    /// Nodes of the tree so far.
    size: usize,
}

impl Parser<'_> {
    fn mistake(&self, at: usize, reason: impl Into<String>) -> Error {
        let (text, reason) = (self.text.to_owned(), reason.into());
        ErrorKind::BadExpression { text, position: at + 1, reason }.into()
    }

    /// Makes room for one more node.
    fn grow(&mut self, at: usize) -> Result<()> {
        self.size += 1;
        if self.size > LARGEST {
            let reason = format!("more than {LARGEST} values and operators");
            return Err(self.mistake(at, reason));
        }
        Ok(())
    }

    fn skip_space(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    /// Takes this symbol if it comes next.
    fn takes(&mut self, symbol: &str) -> bool {
        self.skip_space();
        let found =
            symbol.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c));
        self.at += if found { symbol.len() } else { 0 };
        found
    }

    /// The name that comes next, without taking it.
    fn name(&mut self) -> String {
        self.skip_space();
        let rest = &self.chars[self.at..];
        if !rest.first().is_some_and(|c| c.is_ascii_alphabetic() || *c == '_') {
            return String::new();
        }
        rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect()
    }

    /// Takes this word if it comes next.
    fn takes_word(&mut self, word: &str) -> bool {
        let found = self.name() == word;
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// Where the next token starts.
    fn here(&mut self) -> usize {
        self.skip_space();
        self.at
    }

    fn any(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(
                self.mistake(self.at, format!("more than {DEEPEST} brackets in each other"))
            );
        }
        let start = self.here();
        let mut node = self.all()?;
        while self.takes_word("or") {
            let (left, right) = self.conditions(start, node, Self::all)?;
            node = Node::Or(Box::new((left, right)));
        }
        self.depth -= 1;
        Ok(node)
    }

    fn all(&mut self) -> Result<Node> {
        let start = self.here();
        let mut node = self.negatable()?;
        while self.takes_word("and") {
            let (left, right) = self.conditions(start, node, Self::negatable)?;
            node = Node::And(Box::new((left, right)));
        }
        Ok(node)
    }

    fn conditions(
        &mut self,
        start: usize,
        left: Node,
        next: fn(&mut Self) -> Result<Node>,
    ) -> Result<(Node, Node)> {
        let from = self.here();
        self.grow(from)?;
        let right = next(self)?;
        for (node, at) in [(&left, start), (&right, from)] {
            if !node.is_condition() {
                return Err(self.mistake(at, "expected a condition, got a number"));
            }
        }
        Ok((left, right))
    }

    fn negatable(&mut self) -> Result<Node> {
        let (mut is_negated, mut has_negations) = (false, false);
        while self.takes_word("not") {
            is_negated = !is_negated;
            has_negations = true;
        }
        let at = self.here();
        let node = self.comparison()?;
        if has_negations && !node.is_condition() {
            return Err(self.mistake(at, "expected a condition after `not`, got a number"));
        }
        Ok(if is_negated { Node::Not(Box::new(node)) } else { node })
    }

    fn comparison(&mut self) -> Result<Node> {
        let start = self.here();
        let left = self.sum()?;
        let Some(relation) = self.relation() else { return Ok(left) };
        let from = self.here();
        self.grow(from)?;
        let right = self.sum()?;
        for (node, at) in [(&left, start), (&right, from)] {
            if node.is_condition() {
                return Err(self.mistake(at, "expected a number, got a condition"));
            }
        }
        let end = self.here();
        if self.relation().is_some() {
            return Err(self.mistake(end, "comparisons do not chain; join two with `and`"));
        }
        Ok(Node::Compared(relation, Box::new((left, right))))
    }

    fn relation(&mut self) -> Option<Relation> {
        let symbols = [
            ("<=", Relation::LessOrEqual),
            (">=", Relation::GreaterOrEqual),
            ("==", Relation::Equal),
            ("!=", Relation::NotEqual),
            ("<", Relation::Less),
            (">", Relation::Greater),
        ];
        for (symbol, relation) in symbols {
            if self.takes(symbol) {
                return Some(relation);
            }
        }
        if self.takes_word("crosses_above") {
            return Some(Relation::CrossesAbove);
        }
        self.takes_word("crosses_below").then_some(Relation::CrossesBelow)
    }

    fn sum(&mut self) -> Result<Node> {
        let start = self.here();
        let mut node = self.product()?;
        loop {
            let operator = if self.takes("+") {
                Arithmetic::Plus
            } else if self.takes("-") {
                Arithmetic::Minus
            } else {
                return Ok(node);
            };
            node = self.numbers(start, node, operator, Self::product)?;
        }
    }

    fn product(&mut self) -> Result<Node> {
        let start = self.here();
        let mut node = self.signed()?;
        loop {
            let operator = if self.takes("*") {
                Arithmetic::Times
            } else if self.takes("/") {
                Arithmetic::Over
            } else {
                return Ok(node);
            };
            node = self.numbers(start, node, operator, Self::signed)?;
        }
    }

    fn numbers(
        &mut self,
        start: usize,
        left: Node,
        operator: Arithmetic,
        next: fn(&mut Self) -> Result<Node>,
    ) -> Result<Node> {
        let from = self.here();
        self.grow(from)?;
        let right = next(self)?;
        for (node, at) in [(&left, start), (&right, from)] {
            if node.is_condition() {
                return Err(self.mistake(at, "expected a number, got a condition"));
            }
        }
        Ok(Node::Arithmetic(operator, Box::new((left, right))))
    }

    fn signed(&mut self) -> Result<Node> {
        if !self.takes("-") {
            return self.atom();
        }
        let at = self.here();
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.mistake(at, "too many signs"));
        }
        let node = self.signed()?;
        self.depth -= 1;
        if node.is_condition() {
            return Err(self.mistake(at, "expected a number, got a condition"));
        }
        Ok(Node::Negated(Box::new(node)))
    }

    fn atom(&mut self) -> Result<Node> {
        let at = self.here();
        self.grow(at)?;
        if self.takes("(") {
            let node = self.any()?;
            let end = self.here();
            if !self.takes(")") {
                return Err(self.mistake(end, "expected `)`"));
            }
            return Ok(node);
        }
        if self.chars.get(at).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
            return self.number();
        }
        let name = self.name();
        let reserved = ["and", "or", "not", "crosses_above", "crosses_below"];
        if name.is_empty() || reserved.contains(&name.as_str()) {
            return Err(self.mistake(at, "expected a number, a name or a bracket"));
        }
        self.at += name.len();
        if self.takes("(") {
            return self.call(at, &name);
        }
        if let Some((_, column)) = Column::ALL.iter().find(|entry| entry.0 == name) {
            return Ok(Node::Column(*column));
        }
        if Function::ALL.iter().any(|entry| entry.0 == name) {
            return Err(self.mistake(at, format!("expected `(` after {name}")));
        }
        Ok(Node::Parameter { name, at })
    }

    fn number(&mut self) -> Result<Node> {
        let at = self.at;
        let mut text = String::new();
        while let Some(c) = self.chars.get(self.at) {
            let exponent_sign = matches!(c, '+' | '-') && text.ends_with(['e', 'E']);
            if !(c.is_ascii_alphanumeric() || *c == '.' || exponent_sign) {
                break;
            }
            text.push(*c);
            self.at += 1;
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Node::Number(value)),
            _ => Err(self.mistake(at, format!("{text:?} is no number"))),
        }
    }

    fn call(&mut self, at: usize, name: &str) -> Result<Node> {
        let Some((_, function, series, constants)) =
            Function::ALL.iter().copied().find(|entry| entry.0 == name)
        else {
            let nearest = nearest_name(name, Function::ALL.iter().map(|entry| entry.0));
            let reason = format!("no indicator is called {name:?}, the nearest is {nearest:?},");
            return Err(self.mistake(at, reason));
        };
        let mut inner = Vec::new();
        if !self.takes(")") {
            loop {
                let from = self.here();
                let node = self.any()?;
                if node.is_condition() {
                    return Err(self.mistake(from, "expected a number, got a condition"));
                }
                inner.push(node);
                let end = self.here();
                if self.takes(")") {
                    break;
                }
                if !self.takes(",") {
                    return Err(self.mistake(end, "expected `,` or `)`"));
                }
            }
        }
        if series == Some(false) && inner.len() == constants {
            inner.insert(0, Node::Column(Column::Close));
        }
        let expected = constants + usize::from(series.is_some());
        if inner.len() != expected {
            let given = inner.len();
            return Err(self.mistake(at, format!("{name} takes {expected} values, got {given},")));
        }
        Ok(Node::Call(function, inner))
    }
}
