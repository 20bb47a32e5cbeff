//! Journals: cut, damaged, of other searches, in use, and listed.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use tangency_optimize::ErrorKind;
use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{
    Collect, Discard, Failure, Fingerprint, Grid, JournalMode, Method, Request, Space, Study,
    studies,
};
use tangency_pool::Pool;

use crate::studies::{Bumps, grid, run, study};

/// A finished journal and where its records begin, found by the length of one with no trials.
fn journalled(path: &Path, grid: &Grid) -> Vec<u8> {
    let study = study(grid).in_flight(16).journal(path, JournalMode::Fresh);
    let _ = study.run(&Pool::new(1).unwrap(), &Bumps::default(), &mut Discard).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn a_journal_cut_anywhere_is_resumed() {
    let grid = Grid::parse(["a=1:9:1", "b=4:9:1"]).unwrap();
    let whole = run(&study(&grid), 2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.journal");
    let bytes = journalled(&path, &grid);
    let pool = Pool::new(1).unwrap();
    let mut most = 0;
    for end in (0..bytes.len()).step_by(7) {
        std::fs::write(&path, &bytes[..end]).unwrap();
        let mut trials = Collect::new();
        let study = study(&grid).journal(&path, JournalMode::Resume);
        let report = study.run(&pool, &Bumps::default(), &mut trials).unwrap();
        assert_eq!(trials.trials(), whole, "cut at {end}");
        assert!(report.replayed >= most, "a longer journal holds more");
        most = report.replayed;
    }
    assert!(most > 40);
    // Garbage after the last whole record, as a power cut may leave it: zeros, and half a record.
    for tail in [&[0; 4096][..], &bytes[bytes.len() - 100..bytes.len() - 1]] {
        let mut torn = bytes.clone();
        torn.extend_from_slice(tail);
        std::fs::write(&path, &torn).unwrap();
        let study = study(&grid).journal(&path, JournalMode::Resume);
        let report = study.run(&pool, &Bumps::default(), &mut Discard).unwrap();
        assert_eq!((report.evaluated, report.dropped_bytes), (0, tail.len() as u64));
    }
}

/// Where the records of a journal lie: the header says how long it is, each record how long it is.
fn records(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let length = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let mut start = 8 + 4 + length(8) + 8;
    let mut records = Vec::new();
    while start < bytes.len() {
        let end = start + length(start) + 12;
        records.push(start..end);
        start = end;
    }
    records
}

#[test]
fn damage_costs_the_record_that_it_is_in_and_no_more() {
    let grid = Grid::parse(["a=1:9:1", "b=4:9:1"]).unwrap();
    let whole = run(&study(&grid), 2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.journal");
    let bytes = journalled(&path, &grid);
    let records = records(&bytes);
    assert!(records.len() > 4, "{records:?}");
    let held = |record: &std::ops::Range<usize>| -> u64 {
        u32::from_le_bytes(bytes[record.start + 12..record.start + 16].try_into().unwrap()).into()
    };
    let resumed = |damaged: &[u8]| {
        std::fs::write(&path, damaged).unwrap();
        let mut trials = Collect::new();
        let study = study(&grid).journal(&path, JournalMode::Resume);
        let report = study.run(&Pool::new(2).unwrap(), &Bumps::default(), &mut trials).unwrap();
        assert_eq!(trials.trials(), whole);
        report
    };
    // In its length, its beginning, its trials and its checksum. The last record is the summary.
    for record in &records[..records.len() - 1] {
        for at in [0, 1, 3, 5, 13, 20, record.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[record.start + at] ^= 4;
            let report = resumed(&damaged);
            assert_eq!(report.evaluated, held(record), "byte {at} of {record:?}");
            assert_eq!(report.dropped_bytes, record.len() as u64, "byte {at} of {record:?}");
            let listed = studies(folder.path()).unwrap().remove(0).1.unwrap();
            assert_eq!((listed.journalled, listed.dropped_bytes), (54, record.len() as u64));
        }
    }
    // Two places, a stretch that went missing, and a torn end.
    let mut damaged = bytes.clone();
    damaged[records[1].start + 40] ^= 1;
    damaged[records[3].start + 30] ^= 1;
    damaged.truncate(bytes.len() - 1);
    damaged.drain(records[2].start + 1..records[2].start + 9);
    let report = resumed(&damaged);
    let lost = [1, 2, 3].map(|at| held(&records[at])).iter().sum::<u64>();
    assert_eq!(report.evaluated, lost);
    let whole_bytes =
        records[0].len() + records[4..records.len() - 1].iter().map(|r| r.len()).sum::<usize>();
    let begun = records[0].start;
    assert_eq!(report.dropped_bytes as usize, damaged.len() - begun - whole_bytes);
    // Nothing but damage.
    let mut damaged = bytes.clone();
    damaged[begun..].fill(0xA5);
    assert_eq!(resumed(&damaged).evaluated, 54);
}

#[test]
fn journals_of_another_search_are_refused() {
    let grid = grid();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.journal");
    let bytes = journalled(&path, &grid);
    let name = path.display();
    let pool = Pool::new(1).unwrap();
    let refusal = |study: Study<'_>| {
        let study = study.journal(&path, JournalMode::Resume);
        let bumps = Bumps::default();
        let error = study.run(&pool, &bumps, &mut Discard).unwrap_err();
        assert!(bumps.evaluated().is_empty(), "no work before the journal is checked");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "a refused journal is left alone");
        error.to_string()
    };
    let text = refusal(study(&grid).data(Fingerprint::new().numbers("x", &[1.0, 2.5])));
    assert!(text.starts_with(&format!("the journal {name} is of another data set: ")), "{text}");
    assert!(text.contains(", not "), "{text}");
    let text = refusal(study(&grid).seed(6));
    assert_eq!(text, format!("the journal {name} is of another seed: 5, not 6"));
    let wider = Grid::parse(["a=1:41:1", "b=1:30:1"]).unwrap().less_than("a", "b").unwrap();
    assert!(refusal(study(&wider)).contains("of another space: a=1:40:1 b=1:30:1"));
    let looser = Grid::parse(["a=1:40:1", "b=1:30:1"]).unwrap();
    assert!(refusal(study(&looser)).contains("of another space"));
    let text = refusal(
        Study::grid(&grid, Metric::Calmar)
            .seed(5)
            .objective("bumps")
            .data(Fingerprint::new().numbers("x", &[1.0, 2.0])),
    );
    assert!(text.ends_with("of another metric: sharpe, not calmar"), "{text}");
    assert!(refusal(study(&grid).objective("other")).contains("objective: bumps, not other"));
    assert!(refusal(study(&grid).rows(0..5)).contains("range of rows: all, not 0..5"));

    for (content, reason) in [
        (&b"date,close\n2020-01-01,5\n"[..], "it does not begin like one"),
        (&b"abc"[..], "it is shorter than the beginning of one"),
        (&bytes[..1], ""),
    ] {
        std::fs::write(&path, content).unwrap();
        for mode in [JournalMode::Resume, JournalMode::Fresh] {
            let result =
                study(&grid).journal(&path, mode).run(&pool, &Bumps::default(), &mut Discard);
            if reason.is_empty() {
                assert_eq!(result.unwrap().replayed, 0);
                continue;
            }
            let error = result.unwrap_err();
            let expected = format!("{name} is no readable journal: {reason}");
            assert_eq!(error.to_string(), expected);
            assert_eq!(std::fs::read(&path).unwrap(), content, "somebody's file is left alone");
            std::fs::write(&path, content).unwrap();
        }
    }
}

#[test]
fn two_searches_never_share_a_journal() {
    let grid = grid();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.journal");
    let pool = Pool::new(1).unwrap();
    let refused = AtomicUsize::new(0);
    let objective = |_: &Request<'_>| -> Result<Metrics, Failure> {
        if refused.load(Ordering::Relaxed) == 0 {
            let (grid, pool) = (Grid::parse(["a=1"]).unwrap(), Pool::new(1).unwrap());
            for mode in [JournalMode::Resume, JournalMode::Fresh] {
                let study = Study::grid(&grid, Metric::Sharpe).journal(&path, mode);
                let error = study.run(&pool, &Bumps::default(), &mut Discard).unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::JournalInUse { .. }), "{error}");
                refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(Metrics::new().with(Metric::Sharpe, 1.0))
    };
    let study = study(&grid).journal(&path, JournalMode::Fresh);
    let report = study.run(&pool, &objective, &mut Discard).unwrap();
    assert_eq!((report.failed, refused.into_inner()), (0, 2));
}

#[test]
fn a_fresh_start_keeps_the_old_journal() {
    let grid = grid();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.journal");
    let old = journalled(&path, &grid);
    let new = journalled(&path, &Grid::parse(["a=1", "b=2"]).unwrap());
    assert_ne!(old, new);
    assert_eq!(std::fs::read(folder.path().join("old.journal.bak")).unwrap(), old);
}

#[test]
fn studies_of_a_folder_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let wide = grid();
    let small = Grid::parse(["b=1:4:1", "a=2:5:1"]).unwrap();
    journalled(&folder.path().join("b.journal"), &wide);
    let bytes = journalled(&folder.path().join("a.journal"), &small);
    std::fs::write(folder.path().join("c.journal"), &bytes[..bytes.len() - 200]).unwrap();
    std::fs::write(folder.path().join("d.journal"), "hello").unwrap();
    std::fs::write(folder.path().join("notes.txt"), "hello").unwrap();
    let listed = studies(folder.path()).unwrap();
    let names: Vec<_> = listed.iter().map(|(path, _)| path.file_name().unwrap()).collect();
    assert_eq!(names, ["a.journal", "b.journal", "c.journal", "d.journal"]);
    let summary = |at: usize| listed[at].1.as_ref().unwrap();
    assert!(summary(0).finished && summary(1).finished && !summary(2).finished);
    assert!(matches!(listed[3].1.as_ref().unwrap_err().kind(), ErrorKind::NotAJournal { .. }));
    assert_eq!((summary(0).trials, summary(0).journalled), (16, 16));
    assert!(summary(2).journalled < 16);
    assert_eq!(summary(0).data, summary(1).data);
    assert_eq!(summary(1).failed, 17);
    let trials = run(&study(&small), 1);
    let (place, value) = summary(0).best.unwrap();
    assert_eq!(trials[place as usize].metric(Metric::Sharpe), Some(value));
    assert!(trials.iter().all(|trial| trial.metric(Metric::Sharpe) <= Some(value)));
    // In the order of the study, which is not that of the alphabet: "best_params":{"b":..,"a":..}.
    let params = serde_json::to_string(&trials[place as usize].params).unwrap();
    let listed = serde_json::to_string(summary(0)).unwrap();
    assert!(listed.contains(&format!("\"best_params\":{params}")), "{params} in {listed}");
}

#[test]
fn the_best_of_a_listed_study_had_the_whole_budget() {
    // The less is spent the better it looks.
    let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
        let x = request.params.get("x")?;
        Ok(Metrics::new().with(Metric::Sharpe, x / request.budget))
    };
    let space = Space::new().real("x", 0.0, 1.0).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("halving.journal");
    for method in [Method::hyperband(80), Method::successive_halving(40), Method::bohb(80)] {
        let study = Study::search(&space, method, Metric::Sharpe).seed(4);
        let study = study.journal(&path, JournalMode::Fresh);
        let report = study.run(&Pool::new(1).unwrap(), &objective, &mut Discard).unwrap();
        let listed = || studies(folder.path()).unwrap().remove(0).1.unwrap();
        let (best, summary) = (report.best.unwrap(), listed());
        let value = best.metric(Metric::Sharpe).unwrap();
        assert_eq!(summary.best, Some((best.index as u64, value)), "{method}");
        let params = summary.best_params.unwrap();
        assert_eq!(params[0].1.as_f64(), best.params.get("x").ok(), "{method}");
        // Without its summary there is no telling.
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let summary = listed();
        assert_eq!((summary.journalled, summary.finished), (report.trials, false));
        assert_eq!((summary.best, summary.best_params), (None, None), "{method}");
    }
}
