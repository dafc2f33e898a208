//! What quantity reads and writes, case by case.

use proptest::prelude::*;

use super::*;

fn shown(text: &str) -> String {
    Quantity::parse(text).map_or_else(|error| error.to_string(), |quantity| quantity.to_string())
}

#[test]
fn canonical_form_takes_the_largest_suffix_that_loses_nothing() {
    for (text, canonical) in [
        ("0.5", "500m"),
        ("1.5Gi", "1536Mi"),
        ("1000", "1k"),
        ("1024Mi", "1Gi"),
        ("100m", "100m"),
        ("1000m", "1"),
        ("0.0001Ki", "102400u"),
        ("1023Ki", "1023Ki"),
        ("512", "512"),
        ("1.1Ki", "1126400m"),
        ("1e3", "1e3"),
        ("1500e-3", "1500e-3"),
        ("12e6", "12e6"),
        ("-1.5", "-1500m"),
        ("0.1n", "1n"),
        ("9Ei", "9223372036854775807"),
        ("+", "0"),
        (".5Mi", "512Ki"),
        ("40581564Ki", "40581564Ki"),
        ("37399969321", "37399969321"),
        ("2E", "2E"),
        ("123456789012345678901234567890n", "123456789012345678901234567890n"),
    ] {
        assert_eq!(shown(text), canonical, "{text}");
    }
}

#[test]
fn refusals_use_the_words_of_apimachinery() {
    let shape = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    for text in ["", "1.2.3", "abc", "5 Gi", "5Gib", "1e3.5"] {
        assert_eq!(shown(text), shape, "{text}");
    }
    for text in ["5mi", "1e", "3ki"] {
        assert_eq!(shown(text), "unable to parse quantity's suffix", "{text}");
    }
}

#[test]
fn what_passes_as_canonical_is_stored_as_written() {
    let stored = |text| Quantity::canonical(text).unwrap();
    assert_eq!(stored("1.500"), "1.500");
    assert_eq!(stored("0100m"), "0100m");
    assert_eq!(stored("1000m"), "1");
    assert_eq!(stored("0.5"), "500m");
    assert_eq!(stored("2048Mi"), "2Gi");
    assert_eq!(stored("1e3"), "1e3");
}

#[test]
fn values_round_away_from_zero() {
    assert_eq!(Quantity::parse("1500m").unwrap().value(), 2);
    assert_eq!(Quantity::parse("-1500m").unwrap().value(), -2);
    assert_eq!(Quantity::parse("1u").unwrap().milli_value(), 1);
    assert_eq!(Quantity::parse("1Gi").unwrap().milli_value(), 1_073_741_824_000);
}

#[test]
fn a_sum_takes_its_format_from_the_first_that_is_not_zero() {
    let sum: Quantity = ["0", "512Mi", "1536Mi"].iter().map(|text| Quantity::parse(text).unwrap()).sum();
    assert_eq!(sum.to_string(), "2Gi");
    assert!(Quantity::parse("1000m").unwrap() == Quantity::parse("1").unwrap());
    assert_eq!((Quantity::from_milli(100) - Quantity::from_milli(250)).to_string(), "-150m");
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same_amount(nanos in -1_000_000_000_000_000_000_000_000i128..1_000_000_000_000_000_000_000_000, kind in 0..3) {
        let format = [Format::DecimalSi, Format::BinarySi, Format::DecimalExponent][kind as usize];
        let quantity = Quantity { nanos, format };
        prop_assert_eq!(Quantity::parse(&quantity.to_string()), Ok(quantity));
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-+]?[0-9.]{0,50}[eEinumkKMGTP]{0,3}[-+]?[0-9]{0,12}") {
        let _ = Quantity::canonical(&text);
    }
}
