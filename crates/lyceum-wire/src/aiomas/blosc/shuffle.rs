//! Byte shuffle: all first bytes of the elements, all second ones, and so on.

/// Appends the elements of a shuffled block to `out`, then the bytes that are no whole element.
pub(super) fn undo(block: &[u8], element: usize, out: &mut Vec<u8>) {
    let count = block.len() / element;
    let (planes, rest) = block.split_at(count * element);
    let start = out.len();
    out.resize(start + planes.len(), 0);
    // Without an element there is no plane, and no chunk has zero bytes.
    for (place, plane) in planes.chunks_exact(count.max(1)).enumerate() {
        for (bytes, byte) in out[start..].chunks_exact_mut(element).zip(plane) {
            bytes[place] = *byte;
        }
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_put_together_behind_what_is_there() {
        let mut out = b"x".to_vec();
        undo(b"adgbehcfijk", 3, &mut out);
        assert_eq!(out, b"xabcdefghijk");
        undo(b"lm", 3, &mut out);
        assert_eq!(out, b"xabcdefghijklm");
    }
}
