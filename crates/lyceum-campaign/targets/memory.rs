//! A reader of a block with its length before it. The planted bug: it takes the memory that is
//! announced, whatever comes.

mod input;

/// Prints how long the block is.
fn main() {
    let bytes = input::read();
    let Some((length, block)) = bytes.split_first_chunk::<4>() else { return println!("no block") };
    let mut buffer = vec![1_u8; u32::from_le_bytes(*length) as usize];
    let bytes = block.len().min(buffer.len());
    buffer[..bytes].copy_from_slice(&block[..bytes]);
    println!("{bytes} bytes of {}", std::hint::black_box(&buffer).len());
}
