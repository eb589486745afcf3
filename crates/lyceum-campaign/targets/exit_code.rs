//! A checker of settings, `name=value` in a line. The planted bug: it says that there is an error,
//! and ends as if there were none.

mod input;

/// Prints how many settings there are.
fn main() {
    let bytes = input::read();
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().filter(|line| !line.is_empty());
    let wrong = lines.clone().find(|line| !line.contains('='));
    match wrong {
        Some(line) => eprintln!("fatal error: no value in {line:?}"),
        None => println!("{} settings", lines.count()),
    }
}
