//! What a figure was measured on, and whether two figures may be compared.

use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::metadata::Metadata;
use crate::process::{capture, rustc};

use super::settings;

/// The part of a record that must be equal for two figures to be compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Machine {
    /// With family, model and stepping where they are known: clouds sell several processors under
    /// one name.
    pub(super) cpu: String,
    /// Two machines may hold the same processor: a few digits of a hash of what the system calls itself.
    #[serde(default)]
    pub(super) id: String,
    /// That this process may use.
    pub(super) cores: usize,
    pub(super) target: String,
    /// The vector extensions that kernels choose by.
    pub(super) cpu_features: String,
    /// Of the facade, as the benches turn them on.
    pub(super) features: String,
    /// What the environment and cargo's configuration change about the build, such as `CARGO_PROFILE_RELEASE_LTO=false`.
    pub(super) settings: String,
}

impl Machine {
    pub(super) fn detect() -> Result<Self> {
        Ok(Self {
            cpu: cpu(),
            id: id(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            target: toolchain()?.1,
            cpu_features: cpu_features().join(","),
            features: features(&Metadata::load()?),
            settings: settings::detect(),
        })
    }

    /// What differs from `other`, in words; none where the two are one.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let fields = [
            ("CPU", self.cpu.clone(), other.cpu.clone()),
            ("machine", self.id.clone(), other.id.clone()),
            ("cores", self.cores.to_string(), other.cores.to_string()),
            ("target", self.target.clone(), other.target.clone()),
            ("CPU features", self.cpu_features.clone(), other.cpu_features.clone()),
            ("features", self.features.clone(), other.features.clone()),
            ("build settings", self.settings.clone(), other.settings.clone()),
        ];
        let different = fields.iter().filter(|(_, ours, theirs)| ours != theirs);
        let told: Vec<String> = different
            .map(|(name, ours, theirs)| format!("{name} `{theirs}` there, `{ours}` here"))
            .collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// One line for tables and pages.
    pub(super) fn line(&self) -> String {
        let Self { cpu, id: _, cores, target, cpu_features, features, settings } = self;
        let settings =
            if settings.is_empty() { String::new() } else { format!(", built with {settings}") };
        format!("{cpu}, {cores} cores, {target}, {cpu_features}, features {features}{settings}")
    }
}

/// The compiler's version and its host, which is the target of our benches.
pub(super) fn toolchain() -> Result<(String, String)> {
    let told = capture(rustc().arg("-vV"))?;
    let version = told.lines().next().unwrap_or_default().to_owned();
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok((version, host.ok_or("`rustc -vV` names no host")?.to_owned()))
}

/// The load average over the last minute, where the system has one.
pub(super) fn load_average() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// What to expect of figures that are measured while the machine has other work.
pub(super) fn busy_note(load: Option<f64>) -> Option<String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = load.filter(|&load| load > 0.5 * cores as f64)?;
    Some(format!("note: load {load} on {cores} cores: expect noise, and no speed-up of threads"))
}

fn cpu() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    described(&told)
        .or_else(|| std::env::var("PROCESSOR_IDENTIFIER").ok())
        .unwrap_or_else(|| format!("unknown {}", std::env::consts::ARCH))
}

/// Of `/etc/machine-id`, which no two installations share, or of the host's name; the name itself is nobody's
/// business.
fn id() -> String {
    let name = || capture(&mut Command::new("hostname")).ok();
    let read = |path: &str| fs::read_to_string(path).ok().filter(|text| !text.trim().is_empty());
    let told = read("/etc/machine-id").or_else(|| read("/etc/hostname")).or_else(name);
    told.map_or(String::new(), |told| short_hash(told.trim()))
}

/// FNV-1a (Fowler, Noll and Vo), folded to 32 bits: enough to tell a few machines apart.
fn short_hash(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

/// Model name and numbers from the text of `/proc/cpuinfo`.
fn described(cpuinfo: &str) -> Option<String> {
    let value = |wanted: &str| {
        let rows = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        let mut values = rows.filter(|(name, _)| name.trim() == wanted);
        values.next().map(|(_, value)| value.trim().to_owned())
    };
    let name = value("model name")?;
    let numbers = [value("cpu family")?, value("model")?, value("stepping")?];
    Some(format!("{name} ({})", numbers.join("-")))
}

fn cpu_features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let found = [
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let found = [("baseline", true)];
    found.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
}

fn features(metadata: &Metadata) -> String {
    let benches = metadata.packages.iter().find(|package| package.name == super::PACKAGE);
    let dependencies = benches.into_iter().flat_map(|package| &package.dependencies);
    let facade = dependencies.filter(|dependency| dependency.name == "tangency");
    let mut features: Vec<&str> =
        facade.flat_map(|facade| facade.features.iter().map(String::as_str)).collect();
    features.sort_unstable();
    features.dedup();
    features.join(",")
}

#[cfg(test)]
pub(super) fn example() -> Machine {
    Machine {
        cpu: "Abacus 9 (1-2-3)".to_owned(),
        id: "0badcafe".to_owned(),
        cores: 2,
        target: "x86_64-unknown-linux-gnu".to_owned(),
        cpu_features: "avx2".to_owned(),
        features: "default,parquet".to_owned(),
        settings: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_for_two_processors_is_told_apart_by_their_numbers() {
        let told = "processor\t: 0\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\n\
                    stepping\t: 1\nprocessor\t: 1\nmodel name\t: AMD EPYC\n";
        assert_eq!(described(told).unwrap(), "AMD EPYC (26-2-1)");
        assert_eq!(described("processor: 0\n"), None);
    }

    #[test]
    fn two_machines_with_one_processor_are_two() {
        let here = example();
        let there = Machine { id: short_hash("there"), ..here.clone() };
        assert_eq!(short_hash("there").len(), 8);
        assert_ne!(short_hash("there"), short_hash("here"));
        assert!(here.difference(&there).unwrap().contains("machine `"));
        assert!(!here.line().contains("0badcafe"));
    }

    #[test]
    fn every_difference_is_named() {
        let here = example();
        assert_eq!(here.difference(&here), None);
        let there = Machine { cores: 64, settings: "RUSTFLAGS=-g".to_owned(), ..here.clone() };
        let told = here.difference(&there).unwrap();
        assert_eq!(
            told,
            "cores `64` there, `2` here; build settings `RUSTFLAGS=-g` there, `` here"
        );
    }

    #[test]
    fn this_machine_can_be_described() {
        let machine = Machine::detect().unwrap();
        assert!(machine.cores > 0 && machine.target.contains('-'));
        assert!(machine.features.contains("default"), "{}", machine.features);
    }
}
