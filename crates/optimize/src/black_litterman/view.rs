//! One opinion about the return of one portfolio.

/// An asset by name or by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetRef {
    /// Position among the assets of the prior, from zero.
    Index(usize),
    /// Name, as given to [`Prior::with_asset_names`](super::Prior::with_asset_names).
    Name(String),
}

impl From<usize> for AssetRef {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<&str> for AssetRef {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for AssetRef {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<&String> for AssetRef {
    fn from(name: &String) -> Self {
        Self::Name(name.clone())
    }
}

/// How certain a view is: its element of the diagonal of omega.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Uncertainty {
    /// `tau p Sigma p'`: as uncertain as the prior is about the same portfolio. The same as a
    /// confidence of one half.
    #[default]
    HeLitterman,
    /// Confidence c from 0 (the view is dropped) to 1 (certain): `tau p Sigma p' (1 - c) / c`.
    Confidence(f64),
    /// The variance of the view's error itself, in the units of Sigma; 0 is certain.
    Variance(f64),
}

/// The stated return `q` of a portfolio `p` of assets: `p' r = q`, give or take its uncertainty.
///
/// Returns are excess returns in the units of the prior. Nothing is checked before
/// [`Prior::posterior`](super::Prior::posterior), which knows the assets.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub(super) positions: Vec<(AssetRef, f64)>,
    pub(super) expected_return: f64,
    pub(super) uncertainty: Uncertainty,
}

impl View {
    /// One asset returns `expected_return`.
    #[must_use]
    pub fn absolute(asset: impl Into<AssetRef>, expected_return: f64) -> Self {
        Self::portfolio([(asset, 1.0)], expected_return)
    }

    /// The long basket beats the short one by `outperformance`; assets of a basket weigh the same.
    ///
    /// For baskets weighted otherwise, such as by market capitalisation, use
    /// [`portfolio`](Self::portfolio).
    #[must_use]
    pub fn relative<L: Into<AssetRef>, S: Into<AssetRef>>(
        long: impl IntoIterator<Item = L>,
        short: impl IntoIterator<Item = S>,
        outperformance: f64,
    ) -> Self {
        let mut positions: Vec<_> = long.into_iter().map(|asset| (asset.into(), 1.0)).collect();
        let n_long = positions.len();
        positions.extend(short.into_iter().map(|asset| (asset.into(), -1.0)));
        let n_short = positions.len() - n_long;
        for (at, (_, weight)) in positions.iter_mut().enumerate() {
            *weight /= if at < n_long { n_long } else { n_short } as f64;
        }
        Self { positions, expected_return: outperformance, uncertainty: Uncertainty::default() }
    }

    /// A portfolio with the given weights returns `expected_return`. An asset given twice holds the
    /// sum.
    #[must_use]
    pub fn portfolio<A: Into<AssetRef>>(
        positions: impl IntoIterator<Item = (A, f64)>,
        expected_return: f64,
    ) -> Self {
        let positions =
            positions.into_iter().map(|(asset, weight)| (asset.into(), weight)).collect();
        Self { positions, expected_return, uncertainty: Uncertainty::default() }
    }

    /// Sets the confidence: 0 drops the view, 1 makes it certain.
    #[must_use]
    pub fn with_confidence(self, confidence: f64) -> Self {
        self.with_uncertainty(Uncertainty::Confidence(confidence))
    }

    /// Sets the variance of the view's error, in the units of Sigma.
    #[must_use]
    pub fn with_variance(self, variance: f64) -> Self {
        self.with_uncertainty(Uncertainty::Variance(variance))
    }

    /// Sets how certain the view is.
    #[must_use]
    pub fn with_uncertainty(mut self, uncertainty: Uncertainty) -> Self {
        self.uncertainty = uncertainty;
        self
    }

    /// The stated return `q`.
    #[must_use]
    pub fn expected_return(&self) -> f64 {
        self.expected_return
    }

    /// How certain the view is.
    #[must_use]
    pub fn uncertainty(&self) -> Uncertainty {
        self.uncertainty
    }
}
