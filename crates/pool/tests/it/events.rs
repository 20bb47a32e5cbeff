//! What the pool tells `metrics`. What it tells `tracing` has a binary of its own, `tests/tracing`.

#[cfg(feature = "metrics")]
#[test]
fn counters_add_up() {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};

    use metrics::{
        Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, SharedString, Unit,
    };

    #[derive(Default)]
    struct Recorder {
        counters: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
        records: Arc<Records>,
    }

    #[derive(Default)]
    struct Records(AtomicU64);

    impl HistogramFn for Records {
        fn record(&self, seconds: f64) {
            assert!(seconds > 0.0);
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl metrics::Recorder for Recorder {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            let labels: Vec<_> = key.labels().map(|label| label.value()).collect();
            let name = format!("{} {}", key.name(), labels.join(" "));
            let mut counters = self.counters.lock().expect("nobody panics");
            Counter::from_arc(Arc::clone(counters.entry(name).or_default()))
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::from_arc(Arc::clone(&self.records))
        }
    }

    let recorder = Recorder::default();
    metrics::with_local_recorder(&recorder, || {
        let pool = tangency_pool::Pool::builder().workers(2).name("quant").build().unwrap();
        for _ in 0..2 {
            let report = pool.batch().try_map_indices(10, |i| if i < 3 { Err(()) } else { Ok(()) });
            assert_eq!(report.stats.items.failed, 3);
        }
    });
    let counters = recorder.counters.lock().unwrap();
    let count = |name: &str| counters[name].load(Ordering::Relaxed);
    assert_eq!(count("tangency_pool_batches_total quant"), 2);
    assert_eq!(count("tangency_pool_items_total quant done"), 14);
    assert_eq!(count("tangency_pool_items_total quant failed"), 6);
    assert_eq!(count("tangency_pool_items_total quant cancelled"), 0);
    assert_eq!(recorder.records.0.load(Ordering::Relaxed), 2);
}
