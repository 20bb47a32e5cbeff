//! The affinity mask, as `/proc/self/status` lists it.

/// How many cores the line `Cpus_allowed_list` names.
pub(super) fn allowed_cores(status: &str) -> Option<usize> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let mut cores = 0_usize;
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        cores = cores.checked_add(last.checked_sub(first)?.checked_add(1)?)?;
    }
    Some(cores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &str, cores: Option<usize>) {
        let status = format!(
            "Name:\tcat\nThreads:\t1\nCpus_allowed:\tffff\nCpus_allowed_list:\t{list}\n\
             Mems_allowed_list:\t0\n"
        );
        assert_eq!(allowed_cores(&status), cores, "{list}");
    }

    #[test]
    fn lists() {
        check("0-15", Some(16));
        check("3", Some(1));
        check("0,2,4", Some(3));
        check("0-3,8,10-11", Some(7));
    }

    #[test]
    fn what_is_no_list_is_not_known() {
        check("", None);
        check("3-1", None);
        check("0-x", None);
        check("0-18446744073709551615", None);
        assert_eq!(allowed_cores("Name:\tcat\n"), None);
    }
}
