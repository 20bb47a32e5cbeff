//! What the counters say.

use std::thread;
use std::time::Duration;

use tangency_pool::Chunking;

use crate::{LONG, pool, within};

#[test]
fn a_batch_says_what_it_cost() {
    within(LONG, || {
        let report = pool(2).batch().chunking(Chunking::Auto).try_map_indices(40, |i| {
            thread::sleep(Duration::from_millis(2));
            assert_ne!(i, 3);
            if i < 2 { Err(()) } else { Ok(()) }
        });
        let stats = &report.stats;
        assert_eq!((stats.items.done, stats.items.failed, stats.items.panicked), (37, 2, 1));
        assert_eq!(stats.items.total(), 40);
        assert_eq!((stats.chunk_size, stats.chunks), (5, 8));
        let busy: Duration = stats.workers.iter().map(|share| share.busy).sum();
        assert!(busy >= Duration::from_millis(80), "40 sleeps of 2 ms: {stats:?}");
        assert!(busy <= stats.wall * 2, "{stats:?}");
        assert_eq!(stats.workers.iter().map(|share| share.chunks).sum::<u64>(), 8);
    });
}

#[test]
fn a_pool_adds_up_its_batches() {
    within(LONG, || {
        let pool = pool(2);
        let slow = pool.worker_state(|_| {
            thread::sleep(Duration::from_millis(30));
            Ok::<_, String>(())
        });
        for _ in 0..3 {
            let report = pool.batch().with(&slow).try_map_indices(10, |(), i| {
                thread::sleep(Duration::from_millis(1));
                if i == 0 { Err(()) } else { Ok(()) }
            });
            assert_eq!(report.stats.items.failed, 1);
        }
        thread::sleep(Duration::from_millis(20));
        let stats = pool.stats();
        assert_eq!((stats.batches, stats.items.done, stats.items.failed), (3, 27, 3));
        assert_eq!(stats.workers.len(), 2);
        let built: u64 = stats.workers.iter().map(|worker| worker.states_built).sum();
        let init: Duration = stats.workers.iter().map(|worker| worker.init).sum();
        assert!(init >= Duration::from_millis(30) * built as u32, "{stats:?}");
        for worker in &stats.workers {
            assert!(worker.idle >= Duration::from_millis(20), "{stats:?}");
            let whole = worker.idle + worker.busy + worker.init;
            assert!(whole <= stats.uptime + Duration::from_micros(1), "{stats:?}");
        }
        assert_eq!(stats.workers.iter().map(|worker| worker.items).sum::<u64>(), 30);
    });
}

#[test]
fn statistics_are_json_with_seconds() {
    let pool = pool(1);
    let report = pool.batch().map_indices(4, |i| i);
    let json = serde_json::to_value(&report.stats).unwrap();
    assert_eq!(json["items"]["done"], 4);
    assert_eq!(json["nested"], false);
    assert!(json["stopped"].is_null());
    assert!(json["wall_seconds"].as_f64().unwrap() > 0.0);
    assert!(json["workers"][0]["busy_seconds"].is_f64());
    let json = serde_json::to_value(pool.stats()).unwrap();
    assert_eq!((&json["batches"], &json["items"]["done"]), (&1.into(), &4.into()));
    assert!(json["workers"][0]["idle_seconds"].is_f64());
    assert!(json["uptime_seconds"].is_f64());

    let token = tangency_pool::CancelToken::new();
    token.cancel();
    let report = pool.batch().cancel(&token).map_indices(4, |i| i);
    assert_eq!(serde_json::to_value(&report.stats).unwrap()["stopped"], "cancelled");
}

#[test]
fn histograms_count_every_item_and_chunk() {
    within(LONG, || {
        let pool = pool(2);
        let nap = Duration::from_millis(3);
        let report = pool.batch().chunking(Chunking::Fixed(2)).map_indices(20, |i| {
            if i < 10 {
                thread::sleep(nap);
            }
        });
        assert!(report.is_complete());
        assert!(pool.batch().map_indices(10_000, |i| i).is_complete());
        let stats = pool.stats();
        assert_eq!(stats.run_seconds.count, 10_020);
        // Short items are timed in groups, so only the end of the long ones is sure.
        assert!(stats.run_seconds.max >= 0.003, "{:?}", stats.run_seconds);
        assert!(stats.run_seconds.p50 <= stats.run_seconds.p99, "{:?}", stats.run_seconds);
        assert!(stats.run_seconds.mean * 10_020.0 >= 0.029, "{:?}", stats.run_seconds);
        let joined: u64 = stats.workers.iter().map(|worker| worker.batches).sum();
        assert_eq!(stats.queue_wait_seconds.count, joined);
        assert!(stats.chunk_items.count >= 11 && stats.chunk_items.max >= 2.0);
        if cfg!(target_os = "linux") {
            let process = stats.process.unwrap();
            assert!(process.peak_rss_bytes > 1 << 20, "{process:?}");
            assert!(process.voluntary_switches > 0, "{process:?}");
        }
        if let Some(process) = pool.shutdown().process {
            assert!(process.threads > 2, "its workers among them: {process:?}");
        }
        let json = serde_json::to_value(&stats).unwrap();
        assert!(json["run_seconds"]["p99"].is_f64());
        assert_eq!(json["executor"]["kind"], "threads");
    });
}
