//! A progress bar in a terminal.

use std::fmt;

use indicatif::ProgressBar;

use crate::progress::{Progress, ProgressSnapshot};

/// Shows progress on a bar of `indicatif`.
///
/// The bar's length, position and message are set at each update, and the bar is finished at the
/// last. The style is the bar's own; the message holds the number of failed items, where there are
/// any, and the time left as the pool estimates it.
///
/// ```
/// use tangency_pool::{IndicatifBar, Pool};
///
/// let bar = IndicatifBar::new(indicatif::ProgressBar::hidden());
/// let report = Pool::new(2)?.batch().progress(&bar).map(&[1, 2, 3], |n| n + 1);
/// assert!(report.is_complete());
/// assert_eq!(bar.bar().position(), 3);
/// # Ok::<(), tangency_pool::Error>(())
/// ```
pub struct IndicatifBar {
    bar: ProgressBar,
}

impl IndicatifBar {
    /// On this bar.
    #[must_use]
    pub fn new(bar: ProgressBar) -> Self {
        Self { bar }
    }

    /// The bar.
    #[must_use]
    pub fn bar(&self) -> &ProgressBar {
        &self.bar
    }
}

impl Progress for IndicatifBar {
    fn update(&self, snapshot: &ProgressSnapshot) {
        self.bar.set_length(snapshot.total as u64);
        self.bar.set_position(snapshot.done as u64);
        self.bar.set_message(message(snapshot));
        if snapshot.last {
            self.bar.abandon();
        }
    }
}

fn message(snapshot: &ProgressSnapshot) -> String {
    let failed = (snapshot.failed > 0).then(|| format!("{} failed", snapshot.failed));
    let left = snapshot.eta.filter(|_| !snapshot.last).map(|eta| {
        let seconds = eta.as_secs_f64().round() as u64;
        format!("{}:{:02} left", seconds / 60, seconds % 60)
    });
    [failed, left].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

impl fmt::Debug for IndicatifBar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndicatifBar").field("position", &self.bar.position()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn messages() {
        let seconds = |n| Some(Duration::from_secs(n));
        let snapshot = |done, failed, total| {
            ProgressSnapshot::new(done, failed, total, Duration::from_secs(10), seconds(10))
        };
        assert_eq!(message(&snapshot(10, 0, Some(85))), "1:15 left");
        assert_eq!(message(&snapshot(10, 3, Some(15))), "3 failed, 0:05 left");
        assert_eq!(message(&snapshot(10, 0, None)), "");
        let last = ProgressSnapshot { last: true, ..snapshot(10, 1, Some(10)) };
        assert_eq!(message(&last), "1 failed");
    }

    #[test]
    fn the_bar_follows_and_stays() {
        let bar = IndicatifBar::new(ProgressBar::hidden());
        bar.update(&ProgressSnapshot::new(2, 0, Some(8), Duration::ZERO, None));
        assert_eq!((bar.bar().position(), bar.bar().length()), (2, Some(8)));
        assert!(!bar.bar().is_finished());
        let end = ProgressSnapshot::new(5, 1, Some(8), Duration::ZERO, None);
        bar.update(&ProgressSnapshot { last: true, ..end });
        // A batch that was stopped stays where it was.
        assert_eq!(bar.bar().position(), 5);
        assert!(bar.bar().is_finished());
    }
}
