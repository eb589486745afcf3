//! What is at a Redis, looked at without any of what is tested.

use lyceum_exchange::academy::Uuid;

use crate::redis_server::RedisServer;

/// Returns where a mailbox is reached directly.
pub(crate) async fn address_of(server: &RedisServer, uid: Uuid) -> String {
    server.command(&["GET", &format!("default:address:{}", base32(uid))])
}

/// Writes a number as Academy's hybrid exchange does.
pub(crate) fn base32(uid: Uuid) -> String {
    let bits: String = uid.as_bytes().iter().map(|byte| format!("{byte:08b}")).collect();
    let bits = format!("{bits:0<130}");
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |start: usize| {
        let value = usize::from_str_radix(&bits[start..start + 5], 2).unwrap();
        char::from(letters[value])
    };
    (0..26).map(|index| letter(5 * index)).collect()
}
