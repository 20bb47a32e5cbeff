//! Which crate may know which, and where Arrow and the heavy features may reach.

use crate::metadata::Package;

use super::workspace::Workspace;
use super::{Check, Finding};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "workspace-edges",
        rule: "a crate knows no other member than those in its row of the design's table",
        find: workspace_edges,
    },
    Check {
        name: "arrow-direct",
        rule: "only shared-data, pipeline and what stands above them depend on Arrow",
        find: arrow_direct,
    },
    Check {
        name: "trees",
        rule: "no Arrow below the numeric crates, nothing heavy below the facade's defaults",
        find: trees,
    },
];

/// What a member may depend on within the workspace.
struct Row {
    package: &'static str,
    knows: &'static [&'static str],
    /// As development dependencies, on top of those.
    tests_know: &'static [&'static str],
}

const TESTKIT: &str = "tangency-testkit";

const LIBRARIES: &[&str] = &[
    "tangency-pool",
    "tangency-shared-data",
    "tangency-preprocess",
    "tangency-forecast",
    "tangency-optimize",
    "tangency-pipeline",
];

const ROWS: &[Row] = &[
    Row { package: "tangency-pool", knows: &[], tests_know: &[TESTKIT] },
    Row { package: "tangency-shared-data", knows: &[], tests_know: &[TESTKIT] },
    Row { package: "tangency-preprocess", knows: &[], tests_know: &[TESTKIT] },
    Row {
        package: "tangency-forecast",
        knows: &["tangency-preprocess", "tangency-pool"],
        tests_know: &[TESTKIT],
    },
    Row {
        package: "tangency-optimize",
        knows: &["tangency-preprocess", "tangency-pool"],
        tests_know: &[TESTKIT],
    },
    Row {
        package: "tangency-pipeline",
        knows: &[
            "tangency-pool",
            "tangency-shared-data",
            "tangency-preprocess",
            "tangency-forecast",
            "tangency-optimize",
        ],
        tests_know: &[TESTKIT],
    },
    Row { package: "tangency", knows: LIBRARIES, tests_know: &[TESTKIT] },
    Row { package: "tangency-cli", knows: &["tangency"], tests_know: &[TESTKIT] },
    Row { package: TESTKIT, knows: &[], tests_know: &[] },
    Row { package: "tangency-benches", knows: &["tangency"], tests_know: &[TESTKIT] },
    Row { package: "xtask", knows: &[], tests_know: &[] },
];

const ARROW_ALLOWED: &[&str] =
    &["tangency-shared-data", "tangency-pipeline", "tangency", "tangency-cli", "tangency-benches"];

/// The packages whose whole dependency tree has a rule, and the features it is drawn with.
pub(super) const TREES: &[(&str, &[&str])] = &[
    ("tangency-pool", &["--all-features"]),
    ("tangency-preprocess", &["--all-features"]),
    ("tangency-forecast", &["--all-features"]),
    ("tangency-optimize", &["--all-features"]),
    (FACADE, &[]),
];

/// Each line of a tree: depth, then name and version, `|`, and the features.
pub(super) const TREE_FORMAT: &[&str] =
    &["--edges", "normal", "--prefix", "depth", "--format", "{p}|{f}"];

const FACADE: &str = "tangency";

/// What the facade's default features must not bring: our features and others' crates.
const HEAVY_FEATURES: &[&str] = &["parquet", "faer", "arrow2", "process", "html"];
const HEAVY_CRATES: &[&str] = &["parquet", "faer", "arrow2", "maud", "plotters"];

fn is_arrow(name: &str) -> bool {
    name == "arrow2" || name == "parquet" || name == "arrow" || name.starts_with("arrow-")
}

fn manifest(package: &str) -> String {
    match package {
        "xtask" => "xtask/Cargo.toml".to_owned(),
        "tangency-benches" => "benches/Cargo.toml".to_owned(),
        FACADE => "crates/tangency/Cargo.toml".to_owned(),
        _ => format!("crates/{}/Cargo.toml", package.trim_start_matches("tangency-")),
    }
}

fn workspace_edges(workspace: &Workspace) -> Vec<Finding> {
    workspace.packages.iter().flat_map(edges_of).collect()
}

fn edges_of(package: &Package) -> Vec<Finding> {
    let path = manifest(&package.name);
    let Some(row) = ROWS.iter().find(|row| row.package == package.name) else {
        let what = format!("`{}` has no row in xtask/src/tidy/edges.rs", package.name);
        return vec![Finding::in_file(&path, what)];
    };
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.path.is_some())
        .filter(|dependency| {
            let name = dependency.name.as_str();
            let is_test = dependency.kind.as_deref() == Some("dev");
            !(row.knows.contains(&name) || is_test && row.tests_know.contains(&name))
        })
        .map(|dependency| {
            let kind = dependency.kind.as_deref().unwrap_or("normal");
            let what = format!("{kind} dependency on `{}`", dependency.name);
            Finding::in_file(&path, what)
        })
        .collect()
}

fn arrow_direct(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &workspace.packages {
        if ARROW_ALLOWED.contains(&package.name.as_str()) {
            continue;
        }
        for dependency in package.dependencies.iter().filter(|known| is_arrow(&known.name)) {
            let what = format!("dependency on `{}`", dependency.name);
            findings.push(Finding::in_file(&manifest(&package.name), what));
        }
    }
    findings
}

fn trees(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (package, tree) in &workspace.trees {
        let path = manifest(package);
        let nodes = nodes(tree);
        // Should cargo change what it prints, this check must not fall silent.
        if nodes.first().is_none_or(|root| root.route != [package]) {
            findings.push(Finding::in_file(&path, "what `cargo tree` prints cannot be read"));
        }
        for node in nodes {
            let Some((name, above)) = node.route.split_last() else { continue };
            let route = node.route.join(" -> ");
            if package != FACADE {
                // Arrow below Arrow says nothing new.
                if is_arrow(name) && !above.iter().any(|name| is_arrow(name)) {
                    findings.push(Finding::in_file(&path, format!("reaches Arrow: {route}")));
                }
            } else if HEAVY_CRATES.contains(name) {
                findings.push(Finding::in_file(&path, format!("default build: {route}")));
            } else if *name == FACADE || LIBRARIES.contains(name) {
                for feature in node.features.iter().filter(|on| HEAVY_FEATURES.contains(on)) {
                    let what = format!("default build turns on `{feature}` of {route}");
                    findings.push(Finding::in_file(&path, what));
                }
            }
        }
    }
    findings
}

struct Node<'a> {
    /// The names from the root of the tree down to this package.
    route: Vec<&'a str>,
    features: Vec<&'a str>,
}

/// The lines of a tree in [`TREE_FORMAT`], such as `1serde v1.0.228|default,std (*)`.
fn nodes(tree: &str) -> Vec<Node<'_>> {
    let mut route = Vec::new();
    let mut nodes = Vec::new();
    for line in tree.lines() {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let Ok(depth) = line[..digits].parse::<usize>() else { continue };
        let (package, features) = line[digits..].split_once('|').unwrap_or((&line[digits..], ""));
        route.truncate(depth);
        route.push(package.split(' ').next().unwrap_or(package));
        let features = features.trim_end_matches(" (*)").split(',').collect();
        nodes.push(Node { route: route.clone(), features });
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Dependency;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Workspace {
        let dependencies = dependencies
            .iter()
            .map(|&(name, kind)| Dependency {
                name: name.to_owned(),
                kind: kind.map(str::to_owned),
                path: name.starts_with("tangency").then(|| name.into()),
                ..Dependency::default()
            })
            .collect();
        let package = Package { name: name.to_owned(), dependencies, ..Package::default() };
        Workspace { packages: vec![package], ..Workspace::default() }
    }

    fn tree(package: &str, tree: &str) -> Workspace {
        let trees = [(package.to_owned(), tree.to_owned())].into();
        Workspace { trees, ..Workspace::default() }
    }

    #[test]
    fn forecast_and_optimize_do_not_know_each_other() {
        for (from, to) in [("forecast", "optimize"), ("optimize", "forecast")] {
            let workspace =
                package(&format!("tangency-{from}"), &[(&format!("tangency-{to}"), None)]);
            let findings = workspace_edges(&workspace);
            assert_eq!(findings.len(), 1);
            assert_eq!(findings[0].path, format!("crates/{from}/Cargo.toml"));
        }
        let fine = package("tangency-forecast", &[("tangency-pool", None), ("serde", None)]);
        assert!(workspace_edges(&fine).is_empty());
    }

    #[test]
    fn the_testkit_is_for_tests_alone() {
        let dev = package("tangency-pool", &[(TESTKIT, Some("dev"))]);
        assert!(workspace_edges(&dev).is_empty());
        assert_eq!(workspace_edges(&package("tangency-pool", &[(TESTKIT, None)])).len(), 1);
        let upward = package("tangency-pool", &[("tangency", Some("dev"))]);
        assert_eq!(workspace_edges(&upward).len(), 1);
    }

    #[test]
    fn a_member_without_a_row_is_told() {
        let findings = workspace_edges(&package("tangency-cluster", &[]));
        assert!(findings[0].what.contains("no row"));
    }

    #[test]
    fn arrow_stays_with_the_frames() {
        assert_eq!(arrow_direct(&package("tangency-optimize", &[("arrow-array", None)])).len(), 1);
        assert_eq!(arrow_direct(&package("tangency-pool", &[("parquet", Some("dev"))])).len(), 1);
        assert!(arrow_direct(&package("tangency-pool", &[("arrowhead", None)])).is_empty());
        assert!(arrow_direct(&package("tangency-shared-data", &[("arrow-ipc", None)])).is_empty());
    }

    #[test]
    fn arrow_far_down_a_numeric_tree_is_told_with_its_route() {
        let text = "0tangency-forecast v0.1.0 (/x)|\n1frame v1.0.0|default\n2arrow-array v59.0.0|\n3arrow-data v59.0.0|\n";
        let findings = trees(&tree("tangency-forecast", text));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].what.contains("tangency-forecast -> frame -> arrow-array"));
    }

    #[test]
    fn a_tree_that_cannot_be_read_is_told() {
        for text in ["", "tangency-pool v0.1.0\n", "0another v0.1.0|\n"] {
            assert_eq!(trees(&tree("tangency-pool", text)).len(), 1, "{text:?}");
        }
    }

    #[test]
    fn the_default_facade_is_light() {
        let light =
            "0tangency v0.1.0|default,pool\n1tangency-pool v0.1.0|\n2parquet-tools v1.0.0|\n";
        assert!(trees(&tree(FACADE, light)).is_empty());
        let feature = "0tangency v0.1.0|default\n1tangency-shared-data v0.1.0|parquet (*)\n";
        assert_eq!(trees(&tree(FACADE, feature)).len(), 1);
        let heavy = "0tangency v0.1.0|default\n1tangency-optimize v0.1.0|\n2faer v0.24.0|std\n";
        assert_eq!(trees(&tree(FACADE, heavy)).len(), 1);
    }
}
