//! A number of workers that follows what the rest of the machine leaves over.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::budget::CpuBudget;
use crate::crew::Crew;
use crate::error::{ErrorKind, Result};
use crate::load::{Load, Reading};

/// How much weight a new measurement has in the running mean.
const WEIGHT: f64 = 0.4;
/// How far, in cores, the room must be from the number of workers before anything is done.
const DEAD_BAND: f64 = 0.75;
/// How many measurements in a row must say so.
const PERSISTENCE: u32 = 3;

/// Lets the number of workers of a pool follow the load of the machine.
///
/// Every `interval` the cores that were idle since the last time, plus those that this process and its
/// worker processes used themselves, are the room that the pool has, though never more than
/// [`CpuBudget`](crate::CpuBudget) finds: affinity and control groups may allow less than is idle. Their
/// running mean has to differ from the number of
/// workers by more than three quarters of a core, in the same direction three times in a row, before
/// the pool is resized to the nearest whole number of cores between `min` and `max`. After that the
/// mean is within half a core of the number, inside the dead band: a load that stays put is answered
/// once, and noise of a quarter of a core not at all.
///
/// The load is read from `/proc/stat`. Where there is none, the number stays as it was built.
///
/// ```
/// use tangency_pool::{Follow, Pool};
///
/// let pool = Pool::builder().workers(2).follow(Follow::between(1, 4)).build()?;
/// assert_eq!(pool.workers(), 2);
/// # Ok::<(), tangency_pool::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follow {
    /// Never fewer workers, at least 1.
    pub min: usize,
    /// Never more workers.
    pub max: usize,
    /// Time between two measurements.
    pub interval: Duration,
}

impl Follow {
    /// Between `min` and `max` workers, measured once a second.
    #[must_use]
    pub const fn between(min: usize, max: usize) -> Self {
        Self { min, max, interval: Duration::from_secs(1) }
    }

    /// Measured this often.
    #[must_use]
    pub const fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        let Self { min, max, .. } = *self;
        if min == 0 || min > max {
            return Err(ErrorKind::InvalidFollow { min, max }.into());
        }
        Ok(())
    }
}

/// Decides from measurements alone: the same measurements, the same decisions.
#[derive(Debug)]
struct Governor {
    follow: Follow,
    /// Cores that this process may use at all.
    most: f64,
    room: Option<f64>,
    /// Measurements in a row that asked for more, or fewer.
    streak: (u32, bool),
}

impl Governor {
    fn new(follow: Follow, most: f64) -> Self {
        Self { follow, most, room: None, streak: (0, false) }
    }

    /// The new number, if it is time for one.
    fn decide(&mut self, load: Load, workers: usize) -> Option<usize> {
        let measured = (load.idle + load.own).min(self.most);
        let room = self.room.map_or(measured, |room| room + WEIGHT * (measured - room));
        self.room = Some(room);
        let off = room - workers as f64;
        if off.abs() <= DEAD_BAND {
            self.streak = (0, false);
            return None;
        }
        let more = off > 0.0;
        self.streak = if self.streak.1 == more { (self.streak.0 + 1, more) } else { (1, more) };
        if self.streak.0 < PERSISTENCE {
            return None;
        }
        self.streak = (0, false);
        let wanted = (room.round().max(1.0) as usize).clamp(self.follow.min, self.follow.max);
        (wanted != workers).then_some(wanted)
    }
}

/// The thread that measures and resizes. Ends when it is dropped.
pub(crate) struct Follower {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    pub(crate) fn start(crew: &Arc<Crew>, follow: Follow) -> Result<Self> {
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = thread::Builder::new().name(format!("{}-follow", crew.name)).spawn({
            let crew = Arc::downgrade(crew);
            move || {
                let mut before: Option<Reading> = None;
                let mut governor = Governor::new(follow, CpuBudget::detect().allowed());
                while stopped.recv_timeout(follow.interval) == Err(RecvTimeoutError::Timeout) {
                    let Some(crew) = Weak::upgrade(&crew) else { return };
                    let now = Reading::take(crew.pids());
                    let load =
                        now.as_ref().zip(before.as_ref()).and_then(|(now, then)| now.since(then));
                    before = now;
                    if let Some(load) = load
                        && let Some(workers) = governor.decide(load, crew.target())
                    {
                        // Refused a thread, it has what it got, and will be back.
                        let _ = crew.resize(workers);
                    }
                }
            }
        });
        let thread = thread.map_err(|refused| ErrorKind::ThreadRefused {
            worker: crew.target(),
            workers: crew.target(),
            message: refused.to_string(),
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item_seed;

    const CORES: f64 = 16.0;

    /// Sixteen cores on which others use what the script says, for so many measurements; this
    /// process uses one core a worker as far as there is room. The changes, each with its time.
    fn play(script: &[(f64, usize)], noise: f64) -> Vec<(usize, usize)> {
        play_within(CORES, script, noise)
    }

    fn play_within(most: f64, script: &[(f64, usize)], noise: f64) -> Vec<(usize, usize)> {
        let mut governor = Governor::new(Follow::between(2, 15), most);
        let (mut workers, mut changes, mut time) = (15, Vec::new(), 0);
        for &(others, times) in script {
            for _ in 0..times {
                let swing = item_seed(1, time) as f64 / u64::MAX as f64 * 2.0 - 1.0;
                let room = (CORES - others + swing * noise).max(0.0);
                let own = room.min(workers as f64);
                let load = Load { idle: room - own, own };
                if let Some(wanted) = governor.decide(load, workers) {
                    workers = wanted;
                    changes.push((time, wanted));
                }
                time += 1;
            }
        }
        changes
    }

    #[test]
    fn a_load_that_stays_is_answered_once_or_in_steps_one_way() {
        let changes = play(&[(0.0, 20), (8.0, 60)], 0.2);
        assert!(changes.iter().all(|&(time, _)| (20..40).contains(&time)), "{changes:?}");
        assert!(changes.windows(2).all(|pair| pair[1].1 < pair[0].1), "one way: {changes:?}");
        assert_eq!(changes.last().unwrap().1, 8);
    }

    #[test]
    fn nothing_happens_without_a_reason() {
        assert_eq!(play(&[(1.0, 1000)], 0.7), []);
        // On the edge between two numbers: at most one step, and no way back.
        assert!(play(&[(1.5, 1000)], 0.2).len() <= 1);
    }

    #[test]
    fn a_load_that_comes_and_goes_quickly_is_waited_out() {
        let script: Vec<_> = (0..200).flat_map(|_| [(1.0, 4), (6.0, 1)]).collect();
        let changes = play(&script, 0.0);
        assert!(changes.len() <= 1, "{changes:?}");
    }

    #[test]
    fn it_grows_back_and_keeps_its_bounds() {
        let changes = play(&[(16.0, 40), (0.0, 40)], 0.2);
        let sizes: Vec<_> = changes.iter().map(|&(_, workers)| workers).collect();
        assert!(sizes.iter().all(|workers| (2..=15).contains(workers)), "{sizes:?}");
        assert_eq!(sizes.iter().min(), Some(&2));
        assert_eq!(sizes.last(), Some(&15));
        let down = sizes.iter().position(|&workers| workers == 2).unwrap();
        assert!(sizes[..=down].is_sorted_by(|a, b| a > b), "down, then up: {sizes:?}");
        assert!(sizes[down..].is_sorted(), "down, then up: {sizes:?}");
    }

    #[test]
    fn what_is_idle_beyond_the_budget_is_not_ours() {
        let changes = play_within(4.5, &[(0.0, 200)], 0.2);
        assert_eq!(changes.last().unwrap().1, 5, "{changes:?}");
        assert!(changes.windows(2).all(|pair| pair[1].1 < pair[0].1), "one way: {changes:?}");
    }

    #[test]
    fn bounds_are_checked() {
        assert!(Follow::between(1, 1).check().is_ok());
        let error = Follow::between(3, 2).check().unwrap_err();
        assert_eq!(
            error.to_string(),
            "following the load needs 1 <= min <= max, got min 3 and max 2"
        );
        assert!(Follow::between(0, 2).check().is_err());
    }
}
