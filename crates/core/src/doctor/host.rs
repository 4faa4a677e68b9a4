//! What files of `/proc` say.

/// Whether a process with these limits (the text of `/proc/PID/limits`) leaves a core file when it crashes; None for text of
/// another form. It may raise the soft limit itself only up to the hard one, so the soft limit decides.
#[must_use]
pub fn has_core_files(limits: &str) -> Option<bool> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max core file size"))?;
    let soft = line.split_whitespace().next()?;
    Some(soft != "0")
}

/// Whether memory may be written to disk: whether the text of `/proc/swaps` names an area that is not compressed memory.
#[must_use]
pub fn has_swap(swaps: &str) -> bool {
    let areas = swaps.lines().skip(1);
    areas
        .filter_map(|line| line.split_whitespace().next())
        .any(|area| !area.starts_with("/dev/zram"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(soft: &str) -> String {
        format!(
            "Limit                     Soft Limit           Hard Limit           Units     \n\
             Max stack size            8388608              unlimited            bytes     \n\
             Max core file size        {soft:<20} unlimited            bytes     \n"
        )
    }

    #[test]
    fn the_soft_limit_decides_on_core_files() {
        assert_eq!(has_core_files(&limits("0")), Some(false));
        assert_eq!(has_core_files(&limits("unlimited")), Some(true));
        assert_eq!(has_core_files(&limits("1024")), Some(true));
        assert_eq!(has_core_files(""), None);
        assert_eq!(has_core_files("Max core file size"), None);
    }

    const HEADER: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    #[test]
    fn swap_is_what_is_on_a_disk() {
        assert!(!has_swap(""));
        assert!(!has_swap(HEADER));
        let swap = |name: &str| format!("{HEADER}{name} partition\t2097148\t\t0\t\t-2\n");
        assert!(has_swap(&swap("/dev/sda2")));
        assert!(has_swap(&swap("/swapfile")));
        assert!(!has_swap(&swap("/dev/zram0")));
        assert!(has_swap(
            &(swap("/dev/zram0") + "/dev/dm-1 partition 8 0 -3\n")
        ));
    }
}
