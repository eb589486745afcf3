//! Messages in the frames of Academy's direct connections: four bytes of length, and JSON.

use lyceum_wire::academy::{Body, FrameDecoder, FrameError, Message, write_frame};

const MESSAGES: &str = include_str!("messages.txt");

#[test]
fn messages_are_whole_however_the_stream_is_cut() {
    let mut stream = Vec::new();
    for line in MESSAGES.lines() {
        write_frame(line.as_bytes(), &mut stream).unwrap();
    }
    for size in [1, 3, 4, 5, 1000, stream.len()] {
        let mut decoder = FrameDecoder::new(1 << 20);
        let mut bodies = Vec::new();
        for mut part in stream.chunks(size) {
            while let Some(json) = decoder.feed(&mut part).unwrap() {
                bodies.push(Message::read(&json).unwrap().body().unwrap());
            }
        }
        assert_eq!(bodies.len(), MESSAGES.lines().count(), "in parts of {size}");
        assert_eq!(bodies.last(), Some(&Body::SuccessResponse));
        assert!(decoder.is_idle());
    }
}

/// Wart 2: a peer that announces a length and leaves makes Academy's agent loop for ever.
#[test]
fn a_frame_that_is_cut_off_is_known_and_a_long_one_is_refused_before_it_comes() {
    let mut decoder = FrameDecoder::new(1 << 20);
    assert_eq!(decoder.feed(&mut &[0, 0, 1][..]), Ok(None));
    assert!(!decoder.is_idle(), "if the stream ends now, something was cut off");
    assert_eq!(decoder.feed(&mut &[0, b'{'][..]), Ok(None));
    assert!(!decoder.is_idle());
    let mut decoder = FrameDecoder::new(512 * 1024);
    let length = u32::MAX as usize;
    let error = decoder.feed(&mut &[0xff; 4][..]).unwrap_err();
    assert_eq!(error, FrameError::TooLong { length, limit: 512 * 1024 });
}
