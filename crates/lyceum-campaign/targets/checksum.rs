//! A message with the sum of its bytes before it. The planted bug, behind the sum: a zero in the
//! message is the end of a table, and the program panics.

mod input;

/// Prints how long the message is.
fn main() {
    let bytes = input::read();
    let Some((sum, message)) = bytes.split_first() else { return println!("no message") };
    let right = message.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    if *sum != right {
        println!("rejected: the sum is {right}");
        std::process::exit(1);
    }
    assert!(!message.contains(&0), "the table has no entry for zero");
    println!("{} bytes", message.len());
}
