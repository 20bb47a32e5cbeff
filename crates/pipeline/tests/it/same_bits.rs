//! A report depends on prices and settings alone.

use tangency_pipeline::PipelineConfig;
use tangency_pool::Pool;

use crate::panels::{random_walks, run, settings};

#[test]
fn workers_change_no_byte_of_a_report() {
    let closes = random_walks(6, 330, 31);
    let config = PipelineConfig { seed: 7, ..settings() };
    let report = |workers| {
        let report = run(&closes, &config, &Pool::new(workers).unwrap());
        serde_json::to_string_pretty(&report).unwrap()
    };
    let one = report(1);
    assert_eq!(one, report(2));
    assert_eq!(one, report(5));
    assert!(one.contains("\"headline\""));
}
