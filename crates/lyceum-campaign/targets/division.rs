//! A mean of numbers, one in a line. The planted bug: it divides by how many are positive, which
//! may be none.

mod input;

/// Prints the mean of the positive numbers.
fn main() {
    let bytes = input::read();
    let text = String::from_utf8_lossy(&bytes);
    let numbers = text.lines().filter_map(|line| line.trim().parse::<i32>().ok());
    let positive: Vec<i64> = numbers.filter(|number| *number > 0).map(i64::from).collect();
    println!("mean {}", positive.iter().sum::<i64>() / positive.len() as i64);
}
