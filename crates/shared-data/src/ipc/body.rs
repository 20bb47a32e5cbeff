//! The buffers of one record batch: inside of its body, long enough, aligned, decoded.

use std::vec::IntoIter;

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_ipc::{BodyCompressionMethod, FieldNode, RecordBatch};

use super::compression::{self, Codec};
use super::layout::malformed;
use crate::error::{ErrorKind, Result};

/// What reading may do beside lending the file's own memory.
#[derive(Debug)]
pub(crate) enum Decoding {
    /// Nothing: numbers lie in the file as they lie in memory, or it is an error. Unless the file is
    /// sealed, what is relied on once it has been checked (offsets, keys, text) is copied before: somebody
    /// else may write to it. Of numbers nothing is relied on.
    InPlace { is_sealed: bool },
    /// Decode and convert, up to this many bytes more.
    Copying(u64),
}

/// Length, number of nulls and validity of the next column.
pub(super) struct Column {
    pub(super) n_rows: usize,
    pub(super) nulls: Option<NullBuffer>,
}

/// Hands out the buffers of a record batch in the order in which its columns need them.
pub(super) struct Body<'a> {
    n_rows: usize,
    nodes: IntoIter<FieldNode>,
    buffers: IntoIter<arrow_ipc::Buffer>,
    /// How many buffers of text each column of views has.
    view_buffers: IntoIter<i64>,
    bytes: Buffer,
    codec: Option<Codec>,
    decoding: &'a mut Decoding,
}

impl<'a> Body<'a> {
    /// Checks that each buffer lies inside of the body and that no two share a byte.
    pub(super) fn new(
        batch: &RecordBatch<'_>,
        bytes: Buffer,
        decoding: &'a mut Decoding,
    ) -> Result<Self> {
        let n_rows = usize::try_from(batch.length())
            .map_err(|_| malformed("a record batch has a negative number of rows"))?;
        let (Some(nodes), Some(buffers)) = (batch.nodes(), batch.buffers()) else {
            return Err(malformed("a record batch has no nodes or no buffers"));
        };
        let buffers: Vec<arrow_ipc::Buffer> = buffers.iter().copied().collect();
        let mut places = Vec::with_capacity(buffers.len());
        for buffer in &buffers {
            let place = usize::try_from(buffer.offset()).ok().and_then(|start| {
                let end = start.checked_add(usize::try_from(buffer.length()).ok()?)?;
                (end <= bytes.len()).then_some((start, end))
            });
            places
                .push(place.ok_or_else(|| malformed("a column lies outside of its record batch"))?);
        }
        // A buffer without bytes may be said to lie anywhere.
        places.retain(|(start, end)| start < end);
        places.sort_unstable();
        if places.windows(2).any(|pair| pair[1].0 < pair[0].1) {
            return Err(malformed("the columns of a record batch overlap"));
        }
        let codec = match batch.compression() {
            None => None,
            Some(_) if matches!(decoding, Decoding::InPlace { .. }) => {
                let reason = "its values are compressed".to_owned();
                return Err(ErrorKind::NotInPlace { reason }.into());
            }
            Some(scheme) if scheme.method() != BodyCompressionMethod::BUFFER => {
                return Err(malformed("its compression is of an unknown method"));
            }
            Some(scheme) => Some(Codec::of(scheme.codec())?),
        };
        let nodes: Vec<FieldNode> = nodes.iter().copied().collect();
        let view_buffers: Vec<i64> =
            batch.variadicBufferCounts().into_iter().flat_map(|counts| counts.iter()).collect();
        Ok(Self {
            n_rows,
            nodes: nodes.into_iter(),
            buffers: buffers.into_iter(),
            view_buffers: view_buffers.into_iter(),
            bytes,
            codec,
            decoding,
        })
    }

    /// The next column, whose values come from [`values`](Self::values).
    pub(super) fn column(&mut self) -> Result<Column> {
        let node = self.nodes.next().ok_or_else(Self::too_few)?;
        let n_rows = self.n_rows;
        if usize::try_from(node.length()).ok() != Some(n_rows) {
            return Err(malformed("the columns of a record batch differ in length"));
        }
        let n_nulls = usize::try_from(node.null_count()).ok().filter(|&nulls| nulls <= n_rows);
        let n_nulls = n_nulls.ok_or_else(|| malformed("a column has more nulls than rows"))?;
        let bits = self.buffer(n_rows.div_ceil(8)).map(|bits| self.settled(bits))?;
        if bits.is_empty() && n_nulls == 0 {
            return Ok(Column { n_rows, nulls: None });
        }
        if bits.len() < n_rows.div_ceil(8) {
            return Err(malformed("a column does not say which of its values are missing"));
        }
        let nulls = NullBuffer::new(BooleanBuffer::new(bits, 0, n_rows));
        if nulls.null_count() != n_nulls {
            return Err(malformed("a column miscounts its missing values"));
        }
        Ok(Column { n_rows, nulls: (n_nulls > 0).then_some(nulls) })
    }

    /// The next buffer, of at least `n` values of `T`, aligned for them. In a file that is not sealed they
    /// may still change.
    pub(super) fn values<T>(&mut self, n: usize) -> Result<Buffer> {
        let needed =
            n.checked_mul(size_of::<T>()).ok_or_else(|| malformed("a column is too long"))?;
        let buffer = self.buffer(needed)?;
        if buffer.len() < needed {
            return Err(malformed("a column is shorter than its number of rows"));
        }
        let buffer = buffer.slice_with_length(0, needed);
        if needed == 0 {
            return Ok(Buffer::default());
        }
        if buffer.as_ptr().align_offset(align_of::<T>()) == 0 {
            return Ok(buffer);
        }
        match self.decoding {
            Decoding::InPlace { .. } => {
                let reason =
                    format!("its values do not start at a multiple of {}", align_of::<T>());
                Err(ErrorKind::NotInPlace { reason }.into())
            }
            Decoding::Copying(_) => Ok(Buffer::from(buffer.as_slice())),
        }
    }

    /// As [`values`](Self::values), for those that are relied on once they have been checked.
    pub(super) fn settled_values<T>(&mut self, n: usize) -> Result<Buffer> {
        self.values::<T>(n).map(|buffer| self.settled(buffer))
    }

    /// The next buffer, of any length, relied on once it has been checked.
    pub(super) fn text(&mut self) -> Result<Buffer> {
        self.buffer(usize::MAX).map(|buffer| self.settled(buffer))
    }

    /// The next buffers of text that views refer to.
    pub(super) fn view_texts(&mut self) -> Result<Vec<Buffer>> {
        let count = self.view_buffers.next().and_then(|count| usize::try_from(count).ok());
        let count = count.filter(|&count| count <= self.buffers.len());
        let count = count.ok_or_else(|| malformed("a column does not count its buffers"))?;
        (0..count).map(|_| self.text()).collect()
    }

    /// Makes sure that texts may take so many bytes more than the buffers in which they lie: a buffer
    /// that many views share is copied as often.
    pub(super) fn repeat(&mut self, n_bytes: u64) -> Result<()> {
        match self.decoding {
            _ if n_bytes == 0 => Ok(()),
            Decoding::InPlace { .. } => {
                let reason = "its texts overlap".to_owned();
                Err(ErrorKind::NotInPlace { reason }.into())
            }
            Decoding::Copying(limit) => {
                let refused = ErrorKind::DecodedLimit { needed: n_bytes, limit: *limit };
                *limit = limit.checked_sub(n_bytes).ok_or(refused)?;
                Ok(())
            }
        }
    }

    /// Fails when there are columns or buffers that nobody asked for.
    pub(super) fn finish(mut self) -> Result<()> {
        let left = self.nodes.next().is_some()
            || self.buffers.next().is_some()
            || self.view_buffers.next().is_some();
        if left {
            Err(malformed("a record batch has more columns than the schema"))
        } else {
            Ok(())
        }
    }

    /// The buffer, or a copy where somebody else may write to it.
    fn settled(&self, buffer: Buffer) -> Buffer {
        match self.decoding {
            Decoding::InPlace { is_sealed: false } => Buffer::from(buffer.as_slice()),
            _ => buffer,
        }
    }

    /// The next buffer, decoded; `expected` is what a well-made one holds, before its padding.
    fn buffer(&mut self, expected: usize) -> Result<Buffer> {
        let place = self.buffers.next().ok_or_else(Self::too_few)?;
        // Compared with the body in `new`.
        let buffer = self.bytes.slice_with_length(place.offset() as usize, place.length() as usize);
        match (self.codec, &mut *self.decoding) {
            (Some(codec), Decoding::Copying(limit)) if !buffer.is_empty() => {
                compression::decode(codec, &buffer, expected, limit)
            }
            _ => Ok(buffer),
        }
    }

    fn too_few() -> crate::Error {
        malformed("a record batch has fewer columns than the schema")
    }
}
