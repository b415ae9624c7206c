//! A key in the wrong role does not compile, and the compiler's words are part of the test: of `keys` and of
//! `openers`, because here both halves of every role can be named.

#[test]
fn wrong_roles_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
