//! Pickles that Python wrote, in each protocol.

use lyceum_wire::academy::pickle::{PickleError, Value, plain, read};
use lyceum_wire::academy::{Limits, handle};
use lyceum_wire::aiomas;
use serde_json::Value as Json;

const PICKLES: &str = include_str!("pickles.txt");

pub(crate) struct Pickle {
    pub(crate) name: &'static str,
    pub(crate) protocol: &'static str,
    pub(crate) expected: Json,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn pickles() -> impl Iterator<Item = Pickle> {
    PICKLES.lines().map(|line| {
        let [name, protocol, expected, digits] =
            line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let expected = serde_json::from_str(expected).unwrap();
        Pickle { name, protocol, expected, bytes: bytes(digits) }
    })
}

fn bytes(digits: &str) -> Vec<u8> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty());
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.iter().map(byte).collect()
}

#[test]
fn each_protocol_says_the_same() {
    for Pickle { name, protocol, expected, bytes } in pickles() {
        let value = plain(read(&bytes, Limits::default()).unwrap());
        if name == "handle" {
            let aiomas::Value::Typed(typed) = &value else { panic!("{value:?}") };
            let Ok(aiomas::Known::Proxy(proxy)) = handle::table().read((**typed).clone()) else {
                panic!("{typed:?}")
            };
            assert_eq!(proxy.path, "00112233-4455-6677-8899-aabbccddeeff/sensor", "{protocol}");
            continue;
        }
        assert_eq!(Json::from(value), expected, "{name} in protocol {protocol}");
    }
}

#[test]
fn integers_keep_every_digit() {
    for Pickle { name, bytes, .. } in pickles() {
        let value = read(&bytes, Limits::default()).unwrap();
        let Value::Int(integer) = value else { continue };
        let digits = match name {
            "large integer" => "1267650600228229401496703205376".to_owned(),
            _ => format!("-1{}", "0".repeat(2000)),
        };
        assert_eq!(integer.to_string(), digits);
    }
}

#[test]
fn a_pickle_that_ends_anywhere_is_refused() {
    for Pickle { name, protocol, bytes, .. } in pickles().filter(|pickle| pickle.bytes.len() < 2000)
    {
        for end in 0..bytes.len() {
            let error = read(&bytes[..end], Limits::default()).unwrap_err();
            let PickleError::Truncated { offset } = error else {
                panic!("{name} in protocol {protocol}, {end} bytes: {error}")
            };
            assert_eq!(offset, end);
        }
    }
}

/// Numbers and lengths run wild: nothing but errors and values may come of it.
#[test]
fn a_pickle_with_any_byte_changed_is_read_or_refused() {
    for Pickle { bytes, .. } in pickles().filter(|pickle| pickle.bytes.len() < 600) {
        for place in 0..bytes.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[place] ^= change;
                if let Ok(value) = read(&bytes, Limits::default()) {
                    drop(Json::from(plain(value)));
                }
            }
        }
    }
}
