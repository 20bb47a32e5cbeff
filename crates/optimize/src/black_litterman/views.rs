//! All opinions together.

use nalgebra::{DMatrix, DMatrixView};

use super::view::{AssetRef, View};
use crate::risk::check_length;
use crate::{ErrorKind, Result};

/// A list of views, optionally with one omega for all of them.
///
/// Built from single [`View`]s or from the matrices of the literature: P (`K x N`, the picking
/// matrix) and Q (the stated returns).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Views {
    pub(super) views: Vec<View>,
    pub(super) omega: Option<DMatrix<f64>>,
    /// The number of columns of the picking matrix the views came from.
    pub(super) n_assets: Option<usize>,
}

impl Views {
    /// No views yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a view.
    #[must_use]
    pub fn with(mut self, view: View) -> Self {
        self.views.push(view);
        self
    }

    /// Adds a view in place.
    pub fn push(&mut self, view: View) {
        self.views.push(view);
    }

    /// Views from a picking matrix P, `K x N`, and the K stated returns Q.
    ///
    /// # Errors
    ///
    /// [`WrongLength`](ErrorKind::WrongLength) when P and Q differ in K.
    pub fn from_matrices(
        picking_matrix: DMatrixView<'_, f64>,
        expected_returns: &[f64],
    ) -> Result<Self> {
        check_length("view returns", picking_matrix.nrows(), expected_returns.len())?;
        let row = |k: usize| {
            // A NaN is kept, so that it is found and named.
            let picks = (0..picking_matrix.ncols()).filter(|&i| picking_matrix[(k, i)] != 0.0);
            View::portfolio(picks.map(|i| (i, picking_matrix[(k, i)])), expected_returns[k])
        };
        let views = (0..picking_matrix.nrows()).map(row).collect();
        Ok(Self { views, omega: None, n_assets: Some(picking_matrix.ncols()) })
    }

    /// Sets one confidence a view, 0 to 1.
    ///
    /// # Errors
    ///
    /// [`WrongLength`](ErrorKind::WrongLength) unless there are K of them.
    pub fn with_confidences(mut self, confidences: &[f64]) -> Result<Self> {
        check_length("confidences", self.views.len(), confidences.len())?;
        let views = self.views.into_iter().zip(confidences);
        self.views = views.map(|(view, &c)| view.with_confidence(c)).collect();
        Ok(self)
    }

    /// Sets the whole uncertainty matrix, `K x K`, in place of what the views say of themselves.
    ///
    /// Off-diagonal elements say that views err together. It must be positive semidefinite.
    ///
    /// # Errors
    ///
    /// [`WrongLength`](ErrorKind::WrongLength) unless it is `K x K`. Its values are checked by
    /// [`Prior::posterior`](super::Prior::posterior).
    pub fn with_omega(mut self, omega: DMatrixView<'_, f64>) -> Result<Self> {
        check_length("omega", self.views.len(), omega.nrows())?;
        check_length("omega", self.views.len(), omega.ncols())?;
        self.omega = Some(omega.into_owned());
        Ok(self)
    }

    /// The number of views, K.
    #[must_use]
    pub fn len(&self) -> usize {
        self.views.len()
    }

    /// True without any view.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
    }

    /// The views in order.
    #[must_use]
    pub fn as_slice(&self) -> &[View] {
        &self.views
    }
}

impl FromIterator<View> for Views {
    fn from_iter<I: IntoIterator<Item = View>>(views: I) -> Self {
        Self { views: views.into_iter().collect(), omega: None, n_assets: None }
    }
}

/// The assets and weights of one view, checked and in order of position.
pub(super) fn resolve(
    view: usize,
    positions: &[(AssetRef, f64)],
    names: &[String],
    n_assets: usize,
) -> Result<Vec<(usize, f64)>> {
    let mut resolved: Vec<(usize, f64)> = Vec::with_capacity(positions.len());
    for (asset, weight) in positions {
        let at = match asset {
            AssetRef::Index(index) if *index < n_assets => *index,
            AssetRef::Index(index) => {
                return Err(ErrorKind::UnknownAsset { view, asset: index.to_string() }.into());
            }
            AssetRef::Name(name) => names
                .iter()
                .position(|known| known == name)
                .ok_or_else(|| ErrorKind::UnknownAsset { view, asset: name.clone() })?,
        };
        if !weight.is_finite() {
            let (what, value) = ("picking_matrix", *weight);
            return Err(ErrorKind::NonFiniteElement { what, row: view, column: at, value }.into());
        }
        match resolved.iter_mut().find(|(known, _)| *known == at) {
            Some((_, sum)) => *sum += weight,
            None => resolved.push((at, *weight)),
        }
    }
    resolved.retain(|(_, weight)| *weight != 0.0);
    resolved.sort_unstable_by_key(|(at, _)| *at);
    if resolved.is_empty() { Err(ErrorKind::EmptyView { view }.into()) } else { Ok(resolved) }
}
