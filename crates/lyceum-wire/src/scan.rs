//! Looking through bytes, many at a time.

/// Bytes that are looked at together.
const CHUNK: usize = 32;

/// Returns how many bytes come before the first one that is special.
pub(crate) fn plain_length(bytes: &[u8], is_special: impl Fn(u8) -> bool) -> usize {
    let mut length = 0;
    for chunk in bytes.chunks_exact(CHUNK) {
        // With no way out in between, so that the processor does it for all of them at once.
        if chunk.iter().fold(false, |found, byte| found | is_special(*byte)) {
            break;
        }
        length += CHUNK;
    }
    let rest = &bytes[length..];
    length + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_wherever_it_is() {
        for length in 0..100 {
            let mut bytes = vec![b'x'; length];
            assert_eq!(plain_length(&bytes, |byte| byte == b'"'), length);
            for at in 0..length {
                bytes[at..].fill(b'"');
                assert_eq!(plain_length(&bytes, |byte| byte == b'"'), at);
                bytes.fill(b'x');
            }
        }
    }
}
