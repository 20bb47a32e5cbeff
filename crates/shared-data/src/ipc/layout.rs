//! What an Arrow IPC file says of its own layout, checked before anything relies on it.
//!
//! `arrow-ipc` takes the description on trust and panics where it is wrong: types it does not know,
//! buffers that end outside of the file, missing parts. So every offset and length is compared with
//! the file here, and the rest of this folder reads nothing else.
//!
//! Footer and messages are copied first, which is little: what is compared must be what is used, and a
//! mapped file can change in between.

use std::ops::Range;

use arrow_ipc::{Block, Footer, Message, MetadataVersion, root_as_footer, root_as_message};

use crate::error::{Error, Result};

pub(crate) const FORMAT: &str = "Arrow IPC";
const MAGIC: &[u8] = b"ARROW1";

pub(crate) fn malformed(reason: impl std::fmt::Display) -> Error {
    Error::malformed(FORMAT, reason)
}

/// The footer in its bytes, its structure verified, its claims not.
pub(super) fn footer(bytes: &[u8]) -> Result<Footer<'_>> {
    let footer = root_as_footer(bytes).map_err(malformed)?;
    version(footer.version())?;
    Ok(footer)
}

/// Where the footer lies in the file.
pub(super) fn footer_range(file: &[u8]) -> Result<Range<usize>> {
    // Magic and padding, then at the end the footer's length and the magic again.
    let (head, tail) = (8, 4 + MAGIC.len());
    if !file.starts_with(MAGIC) {
        return Err(malformed("it does not begin with ARROW1"));
    }
    if file.len() < head + tail || !file.ends_with(MAGIC) {
        return Err(malformed("it does not end with ARROW1; it may be cut off"));
    }
    let end = file.len() - tail;
    let length = file[end..end + 4].try_into().map(i32::from_le_bytes).unwrap_or(-1);
    usize::try_from(length)
        .ok()
        .and_then(|length| end.checked_sub(length))
        .filter(|&start| start >= head)
        .map(|start| start..end)
        .ok_or_else(|| malformed(format_args!("a footer of {length} bytes does not fit")))
}

/// Whether nothing but the layout of text, numbers and dates is needed, which has not changed since.
fn version(version: MetadataVersion) -> Result<()> {
    match version {
        MetadataVersion::V4 | MetadataVersion::V5 => Ok(()),
        other => Err(malformed(format_args!("its metadata version is {other:?}"))),
    }
}

/// The blocks of dictionaries and of record batches.
#[derive(Debug)]
pub(super) struct Blocks {
    pub(super) dictionaries: Vec<Block>,
    pub(super) batches: Vec<Block>,
}

impl Blocks {
    /// As the footer names them.
    pub(super) fn of(footer: &Footer<'_>) -> Self {
        let list =
            |blocks: Option<_>| -> Vec<Block> { blocks.into_iter().flatten().copied().collect() };
        let dictionaries = list(footer.dictionaries().map(|blocks| blocks.iter()));
        let batches = list(footer.recordBatches().map(|blocks| blocks.iter()));
        Self { dictionaries, batches }
    }

    /// Checks that each lies in the file, and that no two share a byte: otherwise a small file could name
    /// one block a million times, and would have it copied as often.
    pub(super) fn check(&self, file_len: usize) -> Result<()> {
        let all = self.dictionaries.iter().chain(&self.batches);
        let mut places = all
            .map(|block| place(block, file_len).map(|(message, body)| message.start..body.end))
            .collect::<Result<Vec<_>>>()?;
        places.sort_unstable_by_key(|place| (place.start, place.end));
        if places.windows(2).any(|pair| pair[1].start < pair[0].end) {
            return Err(malformed("its blocks overlap"));
        }
        Ok(())
    }
}

/// The bytes of a block's message, copied, and where its body lies.
pub(super) fn block(file: &[u8], block: &Block) -> Result<(Vec<u8>, Range<usize>)> {
    let (message, body) = place(block, file.len())?;
    Ok((file[message].to_vec(), body))
}

/// The message in its bytes, its structure verified.
pub(super) fn message(bytes: &[u8]) -> Result<Message<'_>> {
    // A length of four bytes, after a marker of four more since version 0.15.
    let skip = if bytes.starts_with(&[0xff; 4]) { 8 } else { 4 };
    let length = bytes.get(skip - 4..skip).and_then(|bytes| bytes.try_into().ok());
    let length = length.map(i32::from_le_bytes).and_then(|length| usize::try_from(length).ok());
    let message = length
        .and_then(|length| bytes.get(skip..skip.checked_add(length)?))
        .ok_or_else(|| malformed("a message is longer than its block"))?;
    let message = root_as_message(message).map_err(malformed)?;
    version(message.version())?;
    Ok(message)
}

/// Where the message and the body of a block lie in the file.
fn place(block: &Block, file_len: usize) -> Result<(Range<usize>, Range<usize>)> {
    let part = |start: i64, length: i64| {
        let start = usize::try_from(start).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        (end <= file_len).then_some(start..end)
    };
    let (offset, metadata) = (block.offset(), i64::from(block.metaDataLength()));
    let message = part(offset, metadata);
    let body = offset.checked_add(metadata).and_then(|start| part(start, block.bodyLength()));
    message.zip(body).ok_or_else(|| malformed("a block lies outside of the file"))
}
