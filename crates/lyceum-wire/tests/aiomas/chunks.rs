//! Blosc chunks that python-blosc 1.11.1 made.

use lyceum_wire::aiomas::{Codec, Limits, Value};

use crate::{data, fixture};

const CHUNKS: &str = include_str!("blosc.txt");

/// The length of a chunk's header, and the place and flag that say that the data are stored.
const HEADER: usize = 16;
const FLAGS: usize = 2;
const STORED: u8 = 2;

fn decode(chunk: &[u8]) -> Option<Vec<u8>> {
    match Codec::MsgPackBlosc.decode_value(chunk, Limits::default()) {
        Ok(Value::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}

/// Returns who made each chunk, the data in it, and as much as the file has of it.
fn chunks() -> impl Iterator<Item = (&'static str, Vec<u8>, Vec<u8>)> {
    fixture::lines(CHUNKS).map(|(key, chunk)| {
        let [maker, name, count] = key.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{key} has not three parts")
        };
        (maker, data::named(name, count.parse().unwrap()), chunk)
    })
}

#[test]
fn compressed_chunks_are_read() {
    let is_compressed = |chunk: &[u8]| chunk[FLAGS] & STORED == 0;
    let compressed: Vec<_> = chunks().filter(|(_, _, chunk)| is_compressed(chunk)).collect();
    assert!(compressed.len() > 30);
    assert!(compressed.iter().any(|(_, data, _)| data.len() > 2 << 20), "more blocks than one");
    for (maker, data, chunk) in compressed {
        let count = data.len();
        assert!(decode(&chunk) == Some(data), "{maker} {count}");
    }
}

#[test]
fn stored_chunks_are_written_byte_for_byte_and_read() {
    let is_stored = |maker: &str, chunk: &[u8]| maker == "aiomas" && chunk[FLAGS] & STORED != 0;
    let stored: Vec<_> = chunks().filter(|(maker, _, chunk)| is_stored(maker, chunk)).collect();
    assert!(stored.len() > 8);
    for (_, data, header) in stored {
        let count = data.len();
        let value = Value::Bytes(data.clone());
        let chunk = Codec::MsgPackBlosc.encode_value(&value).unwrap();
        let packed = Codec::MsgPack.encode_value(&value).unwrap();

        assert_eq!(chunk[..HEADER], header, "{count}");
        assert!(chunk[HEADER..] == packed, "{count}");
        assert!(decode(&chunk) == Some(data), "{count}");
    }
}

#[test]
fn chunk_that_is_cut_off_is_refused() {
    for (maker, data, chunk) in chunks().filter(|(_, _, chunk)| chunk.len() < 2000) {
        for length in 0..chunk.len() {
            assert_eq!(decode(&chunk[..length]), None, "{length} bytes of {maker} {}", data.len());
        }
    }
}
