//! A door that obeys a letter at a time: `o`pen, `c`lose, `l`ock, `u`nlock. The planted bug: a
//! door that was locked while it was open cannot be closed; that takes three steps in a row.

mod input;

/// What the door is.
#[derive(Clone, Copy, PartialEq)]
enum Door {
    Closed,
    Open,
    Locked,
    LockedOpen,
}

/// Prints how many letters it obeyed.
fn main() {
    let bytes = input::read();
    let mut door = Door::Closed;
    let mut obeyed = 0_u32;
    for letter in bytes {
        let next = match (door, letter) {
            (Door::Closed, b'o') | (Door::LockedOpen, b'u') => Door::Open,
            (Door::Open, b'c') | (Door::Locked, b'u') => Door::Closed,
            (Door::Closed, b'l') => Door::Locked,
            (Door::Open, b'l') => Door::LockedOpen,
            (Door::LockedOpen, b'c') => panic!("the bolt hits the frame"),
            _ => door,
        };
        obeyed += u32::from(next != door);
        door = next;
    }
    println!("{obeyed} letters obeyed");
}
