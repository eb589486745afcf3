//! Every misuse of the macros gives one clear error at the right place.

#[test]
fn misuse_of_the_macros_gives_one_clear_error() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
