//! How much memory there is: a program that wants more gets a MemoryError, before the system ends something.

/// Nine tenths of the machine's memory, or of what the container may use; `None` where that can't be learnt.
pub fn most_of_the_machine() -> Option<usize> {
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let container =
        std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    let bytes = [machine, container].into_iter().flatten().min()?;
    Some(bytes / 10 * 9)
}

/// `MemTotal:       24576000 kB`
fn total(text: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}
