//! What is written comes back, whatever it is.

use lyceum_wire::aiomas::{
    Codec, Date, FrameDecoder, Limits, TypeTable, Value, from_value, to_value, write_frame,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::strategy::{message, value};

fn codec() -> impl Strategy<Value = Codec> {
    select(&Codec::ALL[..])
}

proptest! {
    #[test]
    fn values_come_back(
        (codec, value) in codec().prop_flat_map(|codec| (Just(codec), value(codec))),
    ) {
        let payload = codec.encode_value(&value).unwrap();
        prop_assert_eq!(codec.decode_value(&payload, Limits::default()), Ok(value));
    }

    #[test]
    fn messages_come_back(
        (codec, message) in codec().prop_flat_map(|codec| (Just(codec), message(codec))),
    ) {
        let payload = codec.encode(&message).unwrap();
        prop_assert_eq!(codec.decode(&payload, Limits::default()), Ok(message));
    }

    #[test]
    fn payloads_come_back_wherever_the_stream_is_cut(
        payloads in vec(vec(any::<u8>(), 0..300), 0..10),
        sizes in vec(1..400_usize, 1..10),
    ) {
        let mut stream = Vec::new();
        for payload in &payloads {
            write_frame(payload, &mut stream).unwrap();
        }
        let mut decoder = FrameDecoder::new(300);
        let mut found = Vec::new();
        let mut rest = stream.as_slice();
        for size in sizes.iter().cycle() {
            let (mut part, after) = rest.split_at((*size).min(rest.len()));
            while let Some(payload) = decoder.feed(&mut part).unwrap() {
                found.push(payload);
            }
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert!(decoder.is_idle());
        prop_assert_eq!(found, payloads);
    }

    #[test]
    fn wire_values_pass_through_serde_unchanged(value in value(Codec::MsgPack)) {
        let table = TypeTable::container().with("Point").unwrap();
        let same = to_value(&value, &table).unwrap();
        prop_assert_eq!(&same, &value);
        prop_assert_eq!(from_value::<Value>(same, &table), Ok(value));
    }

    #[test]
    fn plain_json_passes_through_wire_values(value in value(Codec::Json)) {
        let json = serde_json::Value::from(value);
        let payload = Codec::Json.encode_value(&json.clone().into()).unwrap();
        let value = Codec::Json.decode_value(&payload, Limits::default()).unwrap();
        prop_assert_eq!(serde_json::Value::from(value), json);
    }

    #[test]
    fn dates_come_back(
        seconds in -62_135_510_400..253_402_200_000_i64,
        micros in 0..1_000_000_i32,
        minutes in -1439..1440_i32,
    ) {
        let timestamp = jiff::Timestamp::new(seconds, micros * 1000).unwrap();
        let offset = jiff::tz::Offset::from_seconds(minutes * 60).unwrap();
        let date = Date::new(timestamp, offset).unwrap();
        prop_assert_eq!(date.to_string().parse(), Ok(date));
        prop_assert_eq!(date.timestamp(), Ok(timestamp));
    }
}
