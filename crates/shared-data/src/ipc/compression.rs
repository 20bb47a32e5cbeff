//! Compressed buffers: decoded up to what they claim, and claims believed no further than they can
//! be true.

use arrow_buffer::Buffer;
use arrow_ipc::CompressionType;

use super::layout::malformed;
#[cfg(feature = "compressed-ipc")]
use crate::error::ErrorKind;
use crate::error::Result;

/// How the buffers of a record batch are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Lz4,
    Zstd,
}

impl Codec {
    pub(super) fn of(tag: CompressionType) -> Result<Self> {
        match tag {
            CompressionType::LZ4_FRAME => Ok(Self::Lz4),
            CompressionType::ZSTD => Ok(Self::Zstd),
            other => Err(malformed(format_args!("its compression {other:?} is unknown"))),
        }
    }
}

#[cfg(not(feature = "compressed-ipc"))]
pub(super) fn decode(codec: Codec, _: &Buffer, _: usize, _: &mut u64) -> Result<Buffer> {
    let lacking = "this build lacks the feature `compressed-ipc`";
    Err(malformed(format_args!("it is compressed with {codec:?}, and {lacking}")))
}

/// Decodes a buffer of 8 bytes that tell its decoded length, and then the compressed bytes; the
/// length -1 says that they are not compressed after all.
///
/// A length is refused when it is more than `expected` with its padding, more than the codec can
/// make of so many bytes, or more than is left of `limit`, which is lowered by it. Memory is taken
/// as bytes come out, never by the claim alone.
#[cfg(feature = "compressed-ipc")]
pub(super) fn decode(
    codec: Codec,
    buffer: &Buffer,
    expected: usize,
    limit: &mut u64,
) -> Result<Buffer> {
    use std::io::Read;

    let Some((claim, bytes)) = buffer.split_first_chunk::<8>() else {
        return Err(malformed("a compressed column has no length"));
    };
    let claim = i64::from_le_bytes(*claim);
    if claim == -1 {
        return Ok(buffer.slice(8));
    }
    // A byte of LZ4 adds at most 255 to a match; a block of Zstandard is 128 KiB from 4 bytes.
    let (ratio, block) = match codec {
        Codec::Lz4 => (255, 64),
        Codec::Zstd => (1 << 15, 1 << 17),
    };
    let possible = (bytes.len() as u64).saturating_mul(ratio).saturating_add(block);
    let sensible = possible.min(expected.checked_next_multiple_of(64).unwrap_or(usize::MAX) as u64);
    let claim = u64::try_from(claim).ok().filter(|&claim| claim <= sensible);
    let claim =
        claim.ok_or_else(|| malformed("a compressed column claims an impossible length"))?;
    if claim > *limit {
        return Err(ErrorKind::DecodedLimit { needed: claim, limit: *limit }.into());
    }
    *limit -= claim;
    // One byte more than claimed, to see that there is none.
    let mut decoded = Vec::new();
    let read = match codec {
        Codec::Lz4 => {
            lz4_flex::frame::FrameDecoder::new(bytes).take(claim + 1).read_to_end(&mut decoded)
        }
        Codec::Zstd => zstd::stream::read::Decoder::with_buffer(bytes)
            .and_then(|decoder| decoder.take(claim + 1).read_to_end(&mut decoded)),
    };
    read.map_err(|error| {
        malformed(format_args!("a compressed column cannot be decoded: {error}"))
    })?;
    if decoded.len() as u64 != claim {
        return Err(malformed("a compressed column decodes to another length than it claims"));
    }
    Ok(Buffer::from_vec(decoded))
}
