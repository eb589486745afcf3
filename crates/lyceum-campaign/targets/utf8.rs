//! A counter of words. The planted bug: it panics on bytes that are no UTF-8.

mod input;

/// Prints how many words there are.
fn main() {
    let text = String::from_utf8(input::read()).expect("the text is UTF-8");
    println!("{} words", text.split_whitespace().count());
}
