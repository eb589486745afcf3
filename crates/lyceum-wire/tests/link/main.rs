//! The link between two nodes, without a socket.

mod agreement;
mod heads;

use bytes::BytesMut;
use lyceum_wire::link::{Decoder, Encoder, PREFACE};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_head_comes_back_as_it_was_encoded(head in heads::head()) {
        let mut bytes = BytesMut::from(&PREFACE[..]);
        Encoder::default().encode(&head, b"", &mut bytes).unwrap();

        let frame = Decoder::new().decode(&mut bytes).unwrap().unwrap();

        prop_assert_eq!(frame.head, head);
    }
}
