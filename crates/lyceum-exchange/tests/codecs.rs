//! Every codec and compression passes the suite of exchanges.

use lyceum_exchange::Settings;
use lyceum_test::{Bed, exchange_suite};
use lyceum_wire::CodecKind;

/// Returns nodes that have one codec.
fn bed(codec: CodecKind) -> Bed {
    Bed::simulated(7).settings(Settings::default().codecs([codec, CodecKind::Json]))
}

mod json {
    use super::*;

    exchange_suite!(bed(CodecKind::Json) => every, direct);
}

#[cfg(feature = "messagepack")]
mod messagepack {
    use super::*;

    exchange_suite!(bed(CodecKind::MessagePack) => every, direct);
}

#[cfg(feature = "lz4")]
mod compressed {
    use super::*;

    exchange_suite!({
        let settings = Settings::default().compressions([lyceum_wire::Compression::Lz4]);
        Bed::simulated(7).settings(settings)
    } => every, direct);
}
