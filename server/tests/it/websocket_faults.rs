//! Live connection with misbehaving clients, which must not affect others.

use crate::support::Masking::{Masked, Unmasked};
use crate::support::{RawSocket, Server, Socket, frame, get, within};

/// The largest message of a client in bytes.
const MAX_MESSAGE_BYTES: usize = 4096;

#[tokio::test]
async fn protocol_errors_close_with_their_code() {
    let server = Server::start().await;
    let mut witness = Socket::json(server.address).await;
    let first = witness.metrics().await["seq"].as_u64().unwrap();
    let too_long = frame(0x81, Masked, &vec![b'x'; MAX_MESSAGE_BYTES + 1]);
    // Only a header, which claims more bytes than there is memory.
    let endless = [&[0x82, 0xff][..], &(1_u64 << 62).to_be_bytes(), &[1, 2, 3, 4]].concat();
    let negative = [&[0x82, 0xff][..], &u64::MAX.to_be_bytes(), &[1, 2, 3, 4]].concat();
    let in_parts = [frame(0x01, Masked, &vec![b'x'; MAX_MESSAGE_BYTES]), frame(0x80, Masked, b"x")].concat();
    let part = frame(0x00, Masked, &[b'x'; 4000]);
    let large_in_parts = [frame(0x01, Masked, b"x"), part.repeat(300)].concat();
    let interrupted = [frame(0x01, Masked, b"a"), frame(0x81, Masked, b"b")].concat();
    let halves = [frame(0x01, Masked, b"\xe2\x82"), frame(0x80, Masked, b"x")].concat();
    for (case, bytes, codes) in [
        ("text", frame(0x81, Masked, b"hello"), &[1003][..]),
        ("empty text", frame(0x81, Masked, b""), &[1003]),
        ("binary", frame(0x82, Masked, b"hello"), &[1003]),
        ("as much as is taken", frame(0x81, Masked, &vec![b'x'; MAX_MESSAGE_BYTES]), &[1003]),
        ("a byte too many", too_long, &[1009]),
        ("a byte too many, in two parts", in_parts, &[1009]),
        ("more than a mebibyte", frame(0x81, Masked, &vec![b'x'; (1 << 20) + 1]), &[1009]),
        ("more than a mebibyte, in parts", large_in_parts, &[1009]),
        ("a length without end", endless, &[1009]),
        ("a negative length", negative, &[1009, 1002]),
        ("reserved bit 1", frame(0xc1, Masked, b"hello"), &[1002]),
        ("reserved bit 2", frame(0xa1, Masked, b"hello"), &[1002]),
        ("reserved bit 3", frame(0x91, Masked, b"hello"), &[1002]),
        ("an unknown opcode", frame(0x83, Masked, b"hello"), &[1002]),
        ("an unknown control opcode", frame(0x8b, Masked, b"hello"), &[1002]),
        ("no mask", frame(0x81, Unmasked, b"hello"), &[1002]),
        ("a ping without a mask", frame(0x89, Unmasked, b""), &[1002]),
        ("a ping in parts", frame(0x09, Masked, b""), &[1002]),
        ("a ping that is too long", frame(0x89, Masked, &[0; 126]), &[1002]),
        ("a continuation of nothing", frame(0x80, Masked, b"x"), &[1002]),
        ("a message within a message", interrupted, &[1002]),
        ("text that is not UTF-8", frame(0x81, Masked, b"\xff"), &[1007]),
        ("text that is not UTF-8, in two parts", halves, &[1007]),
        ("a close with half a code", frame(0x88, Masked, b"\x03"), &[1002]),
    ] {
        let mut socket = RawSocket::open(server.address).await;
        assert!(socket.send(&bytes).await, "{case}");
        let code = socket.close_code().await;
        assert!(code.is_some_and(|code| codes.contains(&code)), "{case}: {code:?}");
        // The server closes the connection even if the client sends nothing more.
        socket.ended().await;
        assert_eq!(get(server.address, "/api/live").await.status, 200, "after {case}");
    }
    let last = witness.in_a_row(3).await["seq"].as_u64().unwrap();
    assert!(last > first);
    server.stop().await;
}

#[tokio::test]
async fn long_messages_are_not_buffered() {
    let server = Server::start().await;
    Socket::json(server.address).await.in_a_row(2).await;
    let Some(before) = server.resident_bytes() else { return };
    // A header that claims a gibibyte, of which 8 MiB are sent.
    let head = [&[0x82, 0xff][..], &(1_u64 << 30).to_be_bytes(), &[1, 2, 3, 4]].concat();
    let part = vec![b'x'; 1 << 20];
    let mut open = Vec::new();
    for _ in 0..20 {
        let mut socket = RawSocket::open(server.address).await;
        let mut is_open = socket.send(&head).await;
        for _ in 0..8 {
            is_open = is_open && socket.send(&part).await;
        }
        open.push(socket);
    }
    let after = server.resident_bytes().unwrap();
    assert!(after < before + (64 << 20), "{before} to {after} bytes after 160 MiB");
    for socket in &mut open {
        assert_eq!(socket.close_code().await, Some(1009));
    }
    server.stop().await;
}

#[tokio::test]
async fn broken_connections_do_not_affect_others() {
    let server = Server::start().await;
    let mut witness = Socket::json(server.address).await;
    let whole = frame(0x81, Masked, b"hello");
    for length in 0..whole.len() {
        let mut socket = RawSocket::open(server.address).await;
        assert!(socket.send(&whole[..length]).await);
    }
    witness.in_a_row(3).await;
    assert_eq!(get(server.address, "/").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn clients_that_do_not_read_do_not_delay_others() {
    let server = Server::start().await;
    let mut lazy = Vec::new();
    for _ in 0..20 {
        lazy.push(RawSocket::open(server.address).await);
    }
    let mut witness = Socket::json(server.address).await;
    witness.in_a_row(5).await;
    drop(lazy);
    server.stop().await;
}

/// Unread pongs fill the socket buffers, which frames alone would not do within a test.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_send_and_do_not_read_are_disconnected() {
    let server = Server::start().await;
    let address = server.address;
    let mut witness = Socket::json(address).await;
    let flood = tokio::spawn(async move {
        let mut socket = RawSocket::open(address).await;
        let pings = frame(0x89, Masked, &[0; 125]).repeat(1000);
        // Ends when the server has closed the connection.
        while socket.send(&pings).await {}
    });
    within("the end of the flood", flood).await.unwrap();
    witness.in_a_row(5).await;
    assert_eq!(get(address, "/").await.status, 200);
    server.stop().await;
}
