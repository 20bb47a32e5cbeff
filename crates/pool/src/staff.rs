//! Who works in a pool: taking workers on, and letting them go.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crate::crew::Crew;
use crate::error::{ErrorKind, Result};
use crate::panics;
use crate::segments;
use crate::worker::Worker;

/// The workers by their index: those there are, and those there have been.
#[derive(Default)]
pub(crate) struct Staff {
    posts: Vec<Post>,
}

struct Post {
    worker: Worker,
    thread: Option<JoinHandle<()>>,
    /// Whether its thread has not said its farewell.
    is_filled: bool,
}

impl Staff {
    pub(crate) fn workers(&self) -> impl Iterator<Item = &Worker> {
        self.posts.iter().map(|post| &post.worker)
    }
}

impl Crew {
    /// Makes it `workers` workers: takes on those that are missing, or asks the last ones to leave,
    /// which they do when the item they are at has ended.
    pub(crate) fn resize(self: &Arc<Self>, workers: usize) -> Result<()> {
        if workers == 0 {
            return Err(ErrorKind::NoWorkers.into());
        }
        if workers > segments::MOST {
            return Err(ErrorKind::TooManyWorkers { workers, most: segments::MOST }.into());
        }
        let mut staff = self.staff();
        let before = self.target();
        let mut refusal = None;
        for index in before..workers {
            if let Err(error) = self.fill(&mut staff, index, workers) {
                refusal = Some(error);
                break;
            }
            self.set_target(index + 1);
        }
        if workers < before {
            for post in staff.posts.iter().take(before).skip(workers) {
                post.worker.set_retiring(true);
            }
            self.set_target(workers);
            self.queue.wake_all();
        }
        // Refused a thread, it has those before it all the same.
        let now = self.target();
        if now > before {
            self.queue.widen(now - before);
        }
        if before > 0 && now != before {
            self.count_resize();
        }
        refusal.map_or(Ok(()), Err)
    }

    fn fill(self: &Arc<Self>, staff: &mut Staff, index: usize, workers: usize) -> Result<()> {
        if let Some(post) = staff.posts.get(index).filter(|post| post.is_filled) {
            // Asked to leave, but still there: it stays, with what it keeps.
            post.worker.set_retiring(false);
            return Ok(());
        }
        let (worker, is_new) = match staff.posts.get(index) {
            Some(post) => (post.worker.clone(), false),
            None => (Worker::new(self.id, index, format!("{}-{index}", self.name)), true),
        };
        worker.set_retiring(false);
        let thread = thread::Builder::new().name(worker.name().to_owned()).spawn({
            let (crew, worker) = (Arc::clone(self), worker.clone());
            move || crew.serve(&worker)
        });
        let thread = thread.map_err(|refused| ErrorKind::ThreadRefused {
            worker: index,
            workers,
            message: refused.to_string(),
        })?;
        worker.counters().begin(!is_new);
        if is_new {
            staff.posts.push(Post { worker, thread: Some(thread), is_filled: true });
        } else if let Some(post) = staff.posts.get_mut(index) {
            post.is_filled = true;
            if let Some(former) = post.thread.replace(thread) {
                // It has said its farewell and only has to end. A worker whose state drops the
                // pool in that very moment would join itself.
                if former.thread().id() != thread::current().id() {
                    let _ = former.join();
                }
            }
        }
        Ok(())
    }

    /// What a worker's thread does until the queue is closed, or the worker is to leave.
    fn serve(&self, worker: &Worker) {
        worker.take_thread();
        #[cfg(feature = "rayon")]
        let _below = crate::below::keep_rayon_here(worker, self.threads_per_task);
        loop {
            while let Some(job) = self.queue.take(worker) {
                // The batch catches what its items do. Should anything else come through, the
                // worker lives on.
                if let Err(payload) = catch_unwind(AssertUnwindSafe(|| job.call(worker))) {
                    panics::message(payload);
                }
            }
            // Before the farewell: whoever comes after must not meet the state of who went.
            if self.queue.is_closed() {
                #[cfg(feature = "process")]
                self.processes.forget(worker.index());
            } else {
                self.forget(worker.index());
            }
            if self.dismiss(worker) {
                return;
            }
        }
    }

    /// Whether the worker may go. It may not if it was asked to stay meanwhile.
    fn dismiss(&self, worker: &Worker) -> bool {
        let mut staff = self.staff();
        if !worker.is_retiring() && !self.queue.is_closed() {
            return false;
        }
        if let Some(post) = staff.posts.get_mut(worker.index()) {
            post.is_filled = false;
        }
        worker.counters().end();
        true
    }

    /// Ends all threads and joins them, but for the current one, which can only end after this.
    pub(crate) fn close(&self) {
        self.queue.close();
        // Dropped by a rayon thread inside an item, whose worker waits for that thread.
        #[cfg(feature = "rayon")]
        if crate::below::helps(self.id) {
            return;
        }
        let threads: Vec<_> =
            self.staff().posts.iter_mut().filter_map(|post| post.thread.take()).collect();
        join_others(threads.into_iter());
    }
}

fn join_others(threads: impl Iterator<Item = JoinHandle<()>>) {
    let own = thread::current().id();
    for thread in threads {
        if thread.thread().id() != own {
            // A worker's thread catches every panic; there is nothing to learn from its end.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_thread_does_not_join_itself() {
        let (hand_over, handed) = mpsc::channel::<JoinHandle<()>>();
        let (done, is_done) = mpsc::channel();
        let thread = thread::spawn(move || {
            join_others(std::iter::once(handed.recv().unwrap()));
            done.send(()).unwrap();
        });
        hand_over.send(thread).unwrap();
        is_done.recv_timeout(std::time::Duration::from_secs(5)).unwrap();
    }
}
