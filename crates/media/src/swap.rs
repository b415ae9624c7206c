//! Whether this machine may write memory to a disk in clear.

use std::fs;

/// Active swap areas in clear. Memory, the sandbox's included, may be written to them: a desk's machine should have none. Areas in
/// compressed memory (zram) and encrypted ones (device-mapper with a `CRYPT` identifier) are not named.
#[must_use]
pub fn swap_in_clear() -> Vec<String> {
    let table = fs::read_to_string("/proc/swaps").unwrap_or_default();
    areas(&table, |path| {
        let name = path.rsplit('/').next().unwrap_or_default();
        fs::read_to_string(format!("/sys/class/block/{name}/dm/uuid")).unwrap_or_default()
    })
}

fn areas(table: &str, mapper: impl Fn(&str) -> String) -> Vec<String> {
    let paths = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next());
    let clear = paths.filter(|path| !path.contains("/zram") && !mapper(path).contains("CRYPT"));
    clear.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_in_clear() {
        let table = "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n/dev/zram0 partition 1 0 100\n/dev/dm-1 partition 1 0 -3\n";
        let mapper = |path: &str| {
            if path.ends_with("dm-1") {
                "CRYPT-PLAIN-swap".to_owned()
            } else {
                String::new()
            }
        };
        assert_eq!(areas(table, mapper), ["/dev/sda2"]);
        assert!(areas("", mapper).is_empty());
    }
}
