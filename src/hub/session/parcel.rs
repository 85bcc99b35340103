//! A frame as it crosses one terminal's line: as text, or packed where the terminal asked for it and it is worth it.

use bytes::Bytes;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::wire::packed::{Packing, WORTH, pack};

#[derive(Debug, Clone)]
pub(super) enum Parcel {
    Plain(Utf8Bytes),
    Packed(Bytes),
}

impl Parcel {
    pub fn of(frame: Utf8Bytes, packing: Packing) -> Self {
        match packing {
            Packing::Gzip if frame.len() >= WORTH => match pack(&frame) {
                Ok(packed) => Parcel::Packed(packed.into()),
                Err(error) => {
                    tracing::error!(%error, "a frame could not be packed and goes out as it is");
                    Parcel::Plain(frame)
                }
            },
            Packing::Gzip | Packing::None => Parcel::Plain(frame),
        }
    }
}
