//! The processor quota of control groups, version 1 and 2.
//!
//! `/proc/self/cgroup` names the groups of this process, `/proc/self/mountinfo` where their
//! hierarchies are mounted. A quota may be set on the group or on any of its ancestors; the smallest
//! one counts.

use std::path::{Path, PathBuf};

use super::Quota;

/// Reads a file, if it is there.
pub(super) type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// The smallest quota that holds for this process.
pub(super) fn quota(read: Read<'_>) -> Option<Quota> {
    let groups = read(Path::new("/proc/self/cgroup"))?;
    let mounts = read(Path::new("/proc/self/mountinfo")).unwrap_or_default();
    // A machine may have both; each controller lives in one of them.
    let quotas = [(2, v2_cores as CoresOf), (1, v1_cores as CoresOf)].map(|(version, cores_of)| {
        let group = group_path(&groups, version)?;
        let mount = mounts.lines().filter_map(Mount::parse).find(|mount| mount.is_cpu(version))?;
        let cores = mount.folders_of(group).filter_map(|dir| cores_of(&dir, read));
        Some(Quota { cores: cores.reduce(f64::min)?, version })
    });
    quotas.into_iter().flatten().min_by(|a, b| a.cores.total_cmp(&b.cores))
}

type CoresOf = fn(&Path, Read<'_>) -> Option<f64>;

/// Cores by `cpu.max`, such as `150000 100000`, or `max 100000` for no limit.
fn v2_cores(group: &Path, read: Read<'_>) -> Option<f64> {
    let text = read(&group.join("cpu.max"))?;
    let mut fields = text.split_whitespace();
    let quota = fields.next()?.parse().ok()?;
    ratio(quota, fields.next().map_or(Some(100_000.0), |period| period.parse().ok())?)
}

/// Cores by `cpu.cfs_quota_us`, -1 for no limit, and `cpu.cfs_period_us`.
fn v1_cores(group: &Path, read: Read<'_>) -> Option<f64> {
    let number = |name| read(&group.join(name))?.trim().parse::<f64>().ok();
    ratio(number("cpu.cfs_quota_us")?, number("cpu.cfs_period_us")?)
}

fn ratio(quota: f64, period: f64) -> Option<f64> {
    let cores = quota / period;
    (quota > 0.0 && period > 0.0 && cores.is_finite()).then_some(cores)
}

/// This process's group in the hierarchy that version 2 has, or that version 1 has for `cpu`.
fn group_path(groups: &str, version: u8) -> Option<&str> {
    groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let found = match version {
            2 => id == "0" && controllers.is_empty(),
            _ => controllers.split(',').any(|controller| controller == "cpu"),
        };
        found.then_some(path)
    })
}

/// A line of `mountinfo`.
struct Mount {
    /// Which folder of the hierarchy is mounted.
    root: String,
    /// Where.
    point: String,
    kind: String,
    options: String,
}

impl Mount {
    fn parse(line: &str) -> Option<Self> {
        // id parent major:minor root point options [tags..] - kind source super-options
        let (place, system) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3);
        let mut system = system.split(' ');
        let (root, point) = (unescaped(place.next()?), unescaped(place.next()?));
        let (kind, _source, options) = (system.next()?, system.next()?, system.next()?);
        Some(Self { root, point, kind: kind.to_owned(), options: options.to_owned() })
    }

    fn is_cpu(&self, version: u8) -> bool {
        match version {
            2 => self.kind == "cgroup2",
            _ => self.kind == "cgroup" && self.options.split(',').any(|option| option == "cpu"),
        }
    }

    /// The folders of `group` and its ancestors that can be seen through this mount.
    fn folders_of(&self, group: &str) -> impl Iterator<Item = PathBuf> {
        let point = PathBuf::from(&self.point);
        // A group outside the part that is mounted is another namespace's view; what can be seen of
        // it is the root of the mount.
        let below = Path::new(group).strip_prefix(&self.root).unwrap_or(Path::new(""));
        let hidden = below.components().any(|part| part == std::path::Component::ParentDir);
        let own = if hidden { point.clone() } else { point.join(below) };
        let folders: Vec<PathBuf> =
            own.ancestors().take_while(|dir| dir.starts_with(&point)).map(Path::to_owned).collect();
        folders.into_iter()
    }
}

/// Undoes the octal escapes of spaces and the like.
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2_MOUNT: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";

    fn quota_of(files: &[(&str, &str)]) -> Option<(f64, u8)> {
        let read = |path: &Path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == path)?;
            Some(found.1.to_owned())
        };
        quota(&read).map(|quota| (quota.cores, quota.version))
    }

    #[test]
    fn version_2() {
        let with = |max: &str| {
            quota_of(&[
                ("/proc/self/cgroup", "0::/user.slice/job\n"),
                ("/proc/self/mountinfo", V2_MOUNT),
                ("/sys/fs/cgroup/user.slice/job/cpu.max", max),
            ])
        };
        assert_eq!(with("400000 100000\n"), Some((4.0, 2)));
        assert_eq!(with("150000 100000\n"), Some((1.5, 2)));
        assert_eq!(with("50000\n"), Some((0.5, 2)));
        assert_eq!(with("max 100000\n"), None);
        assert_eq!(with("100000 0\n"), None);
        assert_eq!(with("nonsense\n"), None);
        assert_eq!(with(""), None);
    }

    #[test]
    fn the_smallest_of_the_ancestors_counts() {
        let files = [
            ("/proc/self/cgroup", "0::/a/b/c\n"),
            ("/proc/self/mountinfo", V2_MOUNT),
            ("/sys/fs/cgroup/a/b/c/cpu.max", "max 100000"),
            ("/sys/fs/cgroup/a/b/cpu.max", "300000 100000"),
            ("/sys/fs/cgroup/a/cpu.max", "800000 100000"),
        ];
        assert_eq!(quota_of(&files), Some((3.0, 2)));
    }

    #[test]
    fn a_container_sees_its_group_at_the_root_of_the_mount() {
        let files = [
            ("/proc/self/cgroup", "0::/\n"),
            ("/proc/self/mountinfo", V2_MOUNT),
            ("/sys/fs/cgroup/cpu.max", "200000 100000"),
        ];
        assert_eq!(quota_of(&files), Some((2.0, 2)));
        // The same, seen from a sibling's namespace.
        let files = [("/proc/self/cgroup", "0::/../../other\n"), files[1], files[2]];
        assert_eq!(quota_of(&files), Some((2.0, 2)));
    }

    #[test]
    fn version_1() {
        let groups = "12:memory:/docker/af\n4:cpu,cpuacct:/docker/af\n1:name=systemd:/\n0::/\n";
        // The container's mount begins at its own group.
        let mounts = "40 31 0:29 /docker/af /sys/fs/cgroup/cpu\\040time ro - cgroup cgroup \
                      rw,cpu,cpuacct\n41 31 0:30 /docker/af /m ro - cgroup cgroup rw,memory\n";
        let with = |quota: &str| {
            quota_of(&[
                ("/proc/self/cgroup", groups),
                ("/proc/self/mountinfo", mounts),
                ("/sys/fs/cgroup/cpu time/cpu.cfs_quota_us", quota),
                ("/sys/fs/cgroup/cpu time/cpu.cfs_period_us", "100000\n"),
            ])
        };
        assert_eq!(with("250000\n"), Some((2.5, 1)));
        assert_eq!(with("-1\n"), None);
    }

    #[test]
    fn both_versions_side_by_side() {
        let mounts = format!(
            "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n{}",
            "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
        );
        let files = [
            ("/proc/self/cgroup", "1:cpu:/job\n0::/\n"),
            ("/proc/self/mountinfo", mounts.as_str()),
            ("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "300000"),
            ("/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000"),
        ];
        assert_eq!(quota_of(&files), Some((3.0, 1)));
    }

    #[test]
    fn nothing_known_is_no_quota() {
        assert_eq!(quota_of(&[]), None);
        assert_eq!(quota_of(&[("/proc/self/cgroup", "0::/\n")]), None);
        assert_eq!(
            quota_of(&[("/proc/self/cgroup", "x\n"), ("/proc/self/mountinfo", "bad - line\n")]),
            None
        );
    }
}
