//! The queue on one thread; `tests/model` tries every interleaving.
//!
//! Apart from `queue.rs`, which the model checker compiles with types of its own.

use crate::erased::lend;
use crate::queue::Queue;
use crate::sync::Parker;
use crate::worker::{PoolId, Worker};

/// How many seats there are, which ends the queue.
fn seats(queue: &Queue) -> usize {
    let worker = Worker::new(PoolId(0), 0, "only".to_owned());
    queue.close();
    std::iter::from_fn(|| queue.take(&worker)).count()
}

#[test]
fn a_batch_that_is_withdrawn_gets_no_seats() {
    let queue = Queue::default();
    lend(&|_: &Worker| {}, &Parker::new(), |job| {
        queue.offer(job, 3);
        queue.withdraw(job);
        queue.give_back(job);
        queue.recall(job, 2);
        assert_eq!(seats(&queue), 0);
    });
}

#[test]
fn who_is_called_again_is_not_called_twice() {
    let queue = Queue::default();
    lend(&|_: &Worker| {}, &Parker::new(), |job| {
        queue.offer(job, 1);
        queue.recall(job, 2);
        queue.recall(job, 2);
        queue.recall(job, 1);
        queue.give_back(job);
        assert_eq!(seats(&queue), 3);
    });
}
