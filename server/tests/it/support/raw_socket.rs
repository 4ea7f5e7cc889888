//! Live connection with hand-written frames (RFC 6455, section 5.2).

use super::{Connection, request_text, within};
use std::net::SocketAddr;

/// Clients must mask what they send (RFC 6455, section 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Masking {
    Masked,
    Unmasked,
}

/// A frame. `first` is its first byte: FIN bit, three reserved bits, and opcode.
pub(crate) fn frame(first: u8, masking: Masking, payload: &[u8]) -> Vec<u8> {
    let masked = masking == Masking::Masked;
    let mut frame = vec![first];
    let bit = if masked { 0x80 } else { 0 };
    match payload.len() {
        length @ 0..=125 => frame.push(bit | u8::try_from(length).unwrap()),
        length @ 126..=0xffff => {
            frame.push(bit | 126);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(bit | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    let key = if masked { [0x37, 0xfa, 0x21, 0x3d] } else { [0; 4] };
    if masked {
        frame.extend(key);
    }
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// A live connection at the frame level.
pub(crate) struct RawSocket {
    connection: Connection,
}

impl RawSocket {
    /// Connects with the JSON subprotocol.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let headers = [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let mut connection = Connection::open(address).await;
        connection.send(request_text(address, "GET", "/ws/live", &headers).as_bytes()).await;
        let answer = connection.head().await.unwrap();
        assert_eq!(answer.status, 101);
        // The example of RFC 6455, section 1.3.
        assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        Self { connection }
    }

    /// Sends bytes. Returns false if the server has closed.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        self.connection.send(bytes).await
    }

    /// First byte and payload of the next frame; `None` at the end of the connection.
    pub(crate) async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = self.connection.take(2).await?;
        let length = match head[1] {
            126 => usize::from(u16::from_be_bytes(self.connection.take(2).await?.try_into().unwrap())),
            127 => {
                let length = u64::from_be_bytes(self.connection.take(8).await?.try_into().unwrap());
                usize::try_from(length).unwrap()
            }
            // A larger value has the mask bit: a server must not mask.
            length @ 0..=125 => usize::from(length),
            masked => panic!("a masked frame, or a bad length: {masked:#x}"),
        };
        Some((head[0], self.connection.take(length).await?))
    }

    /// The next frame with that first byte.
    pub(crate) async fn next_with(&mut self, first: u8) -> Option<Vec<u8>> {
        within("a frame", async {
            loop {
                let (found, payload) = self.next().await?;
                if found == first {
                    return Some(payload);
                }
            }
        })
        .await
    }

    /// The close code of the server; `None` if the connection ends without a close frame.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        let payload = self.next_with(0x88).await?;
        Some(u16::from_be_bytes([payload[0], payload[1]]))
    }

    /// Waits for the end of the connection, ignoring all frames.
    pub(crate) async fn ended(&mut self) {
        self.connection.rest().await;
    }
}
