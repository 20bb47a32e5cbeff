//! Column names: unique, not empty, found in logarithmic time.

use crate::error::{Error, ErrorKind, excerpt};
use crate::spelling;

/// Names in column order and the order in which they sort.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    list: Vec<String>,
    sorted: Vec<usize>,
}

impl Names {
    /// Takes the names, without the white space around them.
    pub(crate) fn new<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        let list: Vec<String> = names.into_iter().map(|n| n.as_ref().trim().to_owned()).collect();
        if list.is_empty() {
            return Err(ErrorKind::NoColumns.into());
        }
        if let Some(position) = list.iter().position(String::is_empty) {
            return Err(ErrorKind::EmptyColumnName { position: position + 1 }.into());
        }
        let mut sorted: Vec<usize> = (0..list.len()).collect();
        // Stable, so that of equal names the first column stands first.
        sorted.sort_by(|&a, &b| list[a].cmp(&list[b]));
        let twice = sorted.windows(2).find(|pair| list[pair[0]] == list[pair[1]]);
        if let Some(&[first, second]) = twice {
            let name = excerpt(&list[first]);
            let (first, second) = (first + 1, second + 1);
            return Err(ErrorKind::DuplicateColumn { name, first, second }.into());
        }
        Ok(Self { list, sorted })
    }

    pub(crate) fn as_slice(&self) -> &[String] {
        &self.list
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        let found = self.sorted.binary_search_by(|&at| self.list[at].as_str().cmp(name));
        found.ok().map(|at| self.sorted[at])
    }

    /// The position of a name, or an error that suggests another.
    pub(crate) fn find(&self, name: &str) -> Result<usize, Error> {
        self.position(name).ok_or_else(|| unknown(name, &self.list))
    }
}

/// The error for a name that is not in the list.
pub(crate) fn unknown(name: &str, list: &[String]) -> Error {
    let nearest = spelling::nearest(name, list).map(str::to_owned);
    ErrorKind::UnknownColumn { name: excerpt(name), nearest, n_columns: list.len() }.into()
}

/// The first of the names that is not taken, or else of the first one with the numbers from 2 on.
pub(crate) fn free(names: &[&str], taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number: u64| format!("{}{number}", names[0]));
    let mut all = names.iter().map(|&name| name.to_owned()).chain(numbered);
    // The list of names has no end, that of the columns has.
    all.find(|name| !taken(name)).unwrap_or_default()
}
