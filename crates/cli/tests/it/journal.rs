//! What journals of searches hold, and whose they are.

use crate::command::{Workplace, run_with};
use crate::crash::{arguments, closes, ended};

#[test]
fn constraints_leave_out_and_are_part_of_the_journal() {
    let place = Workplace::new();
    place.write("closes.csv", &closes(400));
    let params = ["window=5", "low=20:60:10", "high=20:60:10"];
    let out = arguments(&place, "trials.csv", &params);
    let document = ended(&out, &["--constraint", "low<high"]).json();
    let count = |name: &str| document[name].as_u64();
    assert_eq!((count("trials"), count("rejected")), (Some(10), Some(15)));
    let message = |more: &[&str]| {
        let ended = ended(&out, more);
        assert_eq!(ended.code, 2, "{}", ended.stdout);
        ended.json()["error"]["message"].as_str().unwrap().to_owned()
    };
    assert!(message(&["--resume"]).contains("is of another space: "));
    assert!(message(&["--constraint", "low<hihg"]).ends_with("the nearest is \"high\""));
    assert!(message(&["--constraint", "low=5"]).contains("expected name<name or name>name"));
    let nothing = message(&["--constraint", "low<high", "--constraint", "high<low"]);
    assert_eq!(nothing, "the grid has no trials; 25 combinations were rejected");
}

#[test]
fn journals_of_other_data_are_refused() {
    let place = Workplace::new();
    place.write("closes.csv", &closes(500));
    let params = ["window=5:9:1", "low=20,30", "high=60,70"];
    let out = arguments(&place, "trials.csv", &params);
    assert_eq!(ended(&out, &[]).code, 0);
    let again = ended(&out, &["--resume"]).json();
    assert_eq!((again["replayed"].as_u64(), again["trials"].as_u64()), (Some(20), Some(20)));
    let refusal = |more: &[&str]| {
        let ended = ended(&out, more);
        assert_eq!(ended.code, 2, "{}", ended.stdout);
        ended.json()["error"]["message"].as_str().unwrap().to_owned()
    };
    let other = refusal(&["--resume", "--fees", "0.002"]);
    assert!(other.contains("is of another data set: its prices, fees or periods"), "{other}");
    assert!(refusal(&["--resume", "--param", "low=1"]).contains("given twice"));
    assert!(refusal(&["--resume", "--seed", "7"]).contains("is of another seed: 0, not 7"));
    place.write("closes.csv", &closes(501));
    assert!(refusal(&["--resume"]).contains("is of another data set: "));
    // Without --resume a new search begins; the old journal is kept.
    assert_eq!(ended(&out, &[]).json()["replayed"].as_u64(), Some(0));
    assert!(place.path("trials.csv.journal.bak").exists());
    place.write("trials.csv.journal", "my notes");
    assert!(refusal(&["--resume"]).contains("is no readable journal"));
    assert!(refusal(&[]).contains("is no readable journal"));
    assert_eq!(std::fs::read_to_string(place.path("trials.csv.journal")).unwrap(), "my notes");
}

#[test]
fn damage_in_a_journal_is_told_and_costs_little() {
    let place = Workplace::new();
    place.write("closes.csv", &closes(500));
    let out = arguments(&place, "trials.csv", &["window=5:24:1", "low=20,30", "high=60,70"]);
    let first = ended(&out, &["--workers", "1"]);
    assert_eq!((first.code, first.json()["dropped_bytes"].as_u64()), (0, Some(0)));
    let expected = std::fs::read(place.path("trials.csv")).unwrap();
    let path = place.path("trials.csv.journal");
    let mut bytes = std::fs::read(&path).unwrap();
    // Within the first records.
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let folder = place.path("");
    let listed = run_with(&["studies", folder.to_str().unwrap()]).stdout;
    assert!(listed.contains(" bytes torn or damaged)"), "{listed}");
    let again = ended(&out, &["--resume"]).json();
    let count = |name: &str| again[name].as_u64().unwrap();
    assert!(count("replayed") > 0 && count("replayed") < 80, "{again}");
    assert!(count("dropped_bytes") > 0);
    assert_eq!(std::fs::read(place.path("trials.csv")).unwrap(), expected);
    let as_text: Vec<String> = out.iter().filter(|text| *text != "--json").cloned().collect();
    let shown = ended(&as_text, &["--resume"]).stdout;
    assert!(shown.contains(" bytes of the journal were torn or damaged; "), "{shown}");
}
