//! What a report leaves on the disk.

use tangency_pool::{CancelToken, Pool};

use crate::panels::{random_walks, run, settings};

#[test]
fn files_are_all_there_and_agree() {
    let report = run(&random_walks(3, 300, 1), &settings(), &Pool::new(2).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("deep/er");
    report.write(&out, &serde_json::json!({ "seconds": 1.0 }), &CancelToken::new()).unwrap();
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(json["headline"], report.headline);
    let weights = read("weights.csv");
    assert_eq!(weights.lines().count(), 4);
    assert!(weights.starts_with("asset,weight,prior,earned,error_variance\nASSET0,"));
    assert_eq!(read("forecasts.csv").lines().count(), 1 + 3 * 5);
    assert_eq!(read("run.json"), "{\n  \"seconds\": 1.0\n}\n");
    #[cfg(feature = "html")]
    {
        let page = read("index.html");
        assert!(page.contains("<svg") && page.contains(&report.headline));
        assert!(
            !page.contains("http://") || !page.contains("<script"),
            "the page asks for nothing"
        );
    }
    let names = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().ends_with(".tmp")));
}

#[test]
fn a_cancelled_write_leaves_nothing() {
    let report = run(&random_walks(3, 300, 1), &settings(), &Pool::new(2).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = report.write(&out, &(), &cancel).unwrap_err();
    assert!(error.is_cancelled());
    assert!(!out.exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let report = run(&random_walks(3, 300, 1), &settings(), &Pool::new(2).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("taken");
    std::fs::write(&file, "").unwrap();
    let error = report.write(&file.join("report"), &(), &CancelToken::new()).unwrap_err();
    assert!(error.is_write() && error.to_string().contains("taken"), "{error}");
}
