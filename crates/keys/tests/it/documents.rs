//! The page `docs/formats/keys.md` names every label and length of the code.

const PAGE: &str = include_str!("../../../../docs/formats/keys.md");

#[test]
fn every_label_is_documented() {
    for label in keys::labels::ALL {
        assert!(PAGE.contains(&format!("`{label}`")), "{label} is missing");
    }
}

#[test]
fn lengths_and_costs_are_documented() {
    let numbers = [
        keys::CELL_LEN,
        keys::SHARD_LEN,
        keys::hybrid::PUBLIC_LEN,
        keys::hybrid::ENCAPSULATED_LEN,
        keys::mac::FACTS_LEN,
    ];
    for number in numbers {
        let plain = number.to_string();
        let grouped = format!("{},{:03}", number / 1000, number % 1000);
        assert!(
            PAGE.contains(&plain) || PAGE.contains(&grouped),
            "{number} is missing"
        );
    }
    for cost in [keys::Cost::FIELD, keys::Cost::CUSTODIAN_LEAST] {
        let words = format!(
            "{} MiB, t={}, p={}",
            cost.memory_kib() / 1024,
            cost.passes(),
            cost.lanes()
        );
        assert!(PAGE.contains(&words), "{words} is missing");
    }
}
