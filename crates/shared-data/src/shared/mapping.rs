//! Files as memory.

#![allow(
    unsafe_code,
    reason = "that nobody changes a mapped file is a promise the compiler cannot check"
)]

use std::fs::File;
use std::io;

use arrow_buffer::Buffer;
use bytes::Bytes;
use memmap2::MmapOptions;

/// The first `length` bytes of a file, at least one, mapped to read; unmapped with the last buffer.
pub(super) fn map(file: &File, length: usize) -> io::Result<Buffer> {
    // SAFETY: the bytes must neither change nor go away while they are lent.
    // - Of sealed memory the kernel promises both: its seals, which cannot be taken off again,
    //   forbid writing and shortening.
    // - Of a file it is what `SharedFrame::open` asks of everybody who may write to it, in words, as
    //   every program that maps files does; files published here are replaced by renaming, and never
    //   written in place. Should somebody write to one nevertheless, nothing out of bounds is read:
    //   what is relied on once it has been checked (footer, messages, bits of validity, offsets, keys and
    //   text) is copied out of the mapping before it is checked. What stays there is timestamps and
    //   numbers, for which no bits are invalid, bounded by lengths that come from the copies.
    let mapping = unsafe { MmapOptions::new().len(length).map(file) }?;
    Ok(Buffer::from(Bytes::from_owner(mapping)))
}
