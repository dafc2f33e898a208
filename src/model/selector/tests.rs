//! What selector reads and writes, case by case.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelectorRequirement;
use proptest::prelude::*;

use super::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn refused(text: &str) -> String {
    Selector::parse(text).unwrap_err().to_string()
}

#[test]
fn texts_print_sorted_and_select() {
    let selector = Selector::parse("g, e in (y,x),a=b, c!=d,f notin (z),!h,n>3").unwrap();
    assert_eq!(selector.to_string(), "a=b,c!=d,e in (x,y),f notin (z),g,!h,n>3");
    assert!(selector.matches(&labels(&[("a", "b"), ("e", "y"), ("g", ""), ("n", "4")])));
    assert!(!selector.matches(&labels(&[("a", "b"), ("e", "y"), ("g", ""), ("n", "4"), ("h", "")])));
    assert!(!selector.matches(&labels(&[("a", "b"), ("e", "y"), ("g", ""), ("n", "three")])));
    assert!(Selector::parse("").unwrap().is_empty());
    assert_eq!(Selector::parse("a in (,b)").unwrap().to_string(), "a in (,b)");
    assert_eq!(Selector::parse("a=,b").unwrap().to_string(), "a=,b");
    assert_eq!(Selector::parse("in in (in)").unwrap().to_string(), "in in (in)");
}

#[test]
fn errors_are_those_of_apimachinery() {
    assert_eq!(refused("a in (b"), "unable to parse requirement: found '', expected: ',' or ')'");
    assert_eq!(refused("a in b"), "unable to parse requirement: found 'b' expected: '('");
    assert_eq!(refused("a,"), "found '', expected: identifier after ','");
    assert_eq!(refused("=a"), "found '=', expected: !, identifier, or 'end of string'");
    assert_eq!(refused("a b"), "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
    assert_eq!(refused("a=b c"), "found 'c', expected: ',' or 'end of string'");
    assert_eq!(refused("!a=b"), "found '=', expected: ',' or 'end of string'");
    assert!(refused("a_=b").starts_with("unable to parse requirement: <nil>: Invalid value: \"a_\": name part must"));
    assert!(refused("a=b_").starts_with("unable to parse requirement: values[0][a]: Invalid value: \"b_\": a valid"));
}

#[test]
fn the_typed_form_means_the_same() {
    let mut typed = LabelSelector { match_labels: Some(labels(&[("app", "web")])), ..LabelSelector::default() };
    let expression = |operator: &str, values: &[&str]| LabelSelectorRequirement {
        key: "tier".into(),
        operator: operator.into(),
        values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
    };
    typed.match_expressions = Some(vec![expression("In", &["b", "a"])]);
    assert_eq!(format_typed(Some(&typed)), "app=web,tier in (a,b)");
    assert_eq!(format_typed(None), "<none>");
    assert!(!Selector::from_typed(None).unwrap().matches(&labels(&[])));
    assert!(Selector::from_typed(Some(&LabelSelector::default())).unwrap().matches(&labels(&[])));
    typed.match_expressions = Some(vec![expression("Like", &[])]);
    let error = Selector::from_typed(Some(&typed)).unwrap_err().to_string();
    assert_eq!(error, "\"Like\" is not a valid label selector operator");
    typed.match_expressions = Some(vec![expression("NotIn", &[])]);
    let error = Selector::from_typed(Some(&typed)).unwrap_err().to_string();
    assert_eq!(error, "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty");
    assert_eq!(format_labels(&labels(&[])), "<none>");
}

proptest! {
    #[test]
    fn what_parses_prints_what_parses_to_the_same(text in "[a-c!=,() ]{0,12}|.{0,20}") {
        if let Ok(selector) = Selector::parse(&text) {
            let printed = selector.to_string();
            prop_assert_eq!(Selector::parse(&printed).map(|again| again.to_string()), Ok(printed));
        }
    }
}
