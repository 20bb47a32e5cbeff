//! The record batches of an Arrow IPC file, over the file's own bytes.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::Block;
use arrow_schema::{DataType, SchemaRef};

use super::arrays::array;
use super::body::{Body, Decoding};
use super::checksum::{Checksum, Integrity};
use super::layout::{self, Blocks, malformed};
use super::mark;
use super::schema::{self, Translated};
use crate::error::{ErrorKind, Result};

/// A file whose footer and schema have been read.
#[derive(Debug)]
pub(crate) struct IpcFile<'a> {
    bytes: &'a Buffer,
    translated: Translated,
    blocks: Blocks,
    checksum: Option<Checksum>,
    is_marked_increasing: bool,
}

type Dictionaries = HashMap<i64, ArrayRef>;

impl<'a> IpcFile<'a> {
    /// Reads the footer and the schema, and nothing else.
    pub(crate) fn new(bytes: &'a Buffer) -> Result<Self> {
        if bytes.is_empty() {
            return Err(ErrorKind::EmptyFile.into());
        }
        let place = layout::footer_range(bytes)?;
        let copy = bytes[place.clone()].to_vec();
        let footer = layout::footer(&copy)?;
        let schema = footer.schema().ok_or_else(|| malformed("the footer has no schema"))?;
        Ok(Self {
            bytes,
            translated: schema::translate(schema, bytes.len())?,
            blocks: Blocks::of(&footer),
            checksum: Checksum::of(&footer, &copy, place.start)?,
            is_marked_increasing: mark::says_increasing(&footer),
        })
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.translated.schema
    }

    /// Reads every byte, to compare it with the checksum.
    pub(crate) fn verify(&self) -> Result<Integrity> {
        self.checksum.map_or(Ok(Integrity::NoChecksum), |checksum| checksum.verify(self.bytes))
    }

    /// Whether the file's writer says that the dates increase.
    pub(crate) fn is_marked_increasing(&self) -> bool {
        self.is_marked_increasing
    }

    /// All record batches. Columns of the right alignment stand on the file's bytes.
    pub(crate) fn batches(&self, mut decoding: Decoding) -> Result<Vec<RecordBatch>> {
        self.blocks.check(self.bytes.len())?;
        let Blocks { dictionaries, batches } = &self.blocks;
        let mut known = Dictionaries::new();
        for block in dictionaries {
            let (id, values) = self.dictionary(block, &mut decoding)?;
            if known.insert(id, values).is_some() {
                return Err(malformed(format_args!(
                    "there are two dictionaries with the number {id}"
                )));
            }
        }
        batches.iter().map(|block| self.batch(block, &known, &mut decoding)).collect()
    }

    fn batch(
        &self,
        block: &Block,
        dictionaries: &Dictionaries,
        decoding: &mut Decoding,
    ) -> Result<RecordBatch> {
        let (message, body) = layout::block(self.bytes, block)?;
        let message = layout::message(&message)?;
        let batch = message.header_as_record_batch();
        let batch = batch.ok_or_else(|| malformed("a message is no record batch"))?;
        let body = self.bytes.slice_with_length(body.start, body.len());
        let mut body = Body::new(&batch, body, decoding)?;
        let Translated { schema, dictionaries: ids } = &self.translated;
        let mut arrays = Vec::with_capacity(ids.len());
        for (field, id) in schema.fields().iter().zip(ids) {
            let dictionary = id.and_then(|id| dictionaries.get(&id));
            let of_other_type = dictionary.is_some_and(|values| match field.data_type() {
                DataType::Dictionary(_, wanted) => values.data_type() != &**wanted,
                _ => true,
            });
            if of_other_type {
                return Err(malformed("a dictionary is of another type").in_column(field.name()));
            }
            let array = array(&mut body, field.data_type(), dictionary);
            arrays.push(array.map_err(|error| error.in_column(field.name()))?);
        }
        body.finish()?;
        RecordBatch::try_new(Arc::clone(schema), arrays).map_err(malformed)
    }

    /// The number of a dictionary, and its values.
    fn dictionary(&self, block: &Block, decoding: &mut Decoding) -> Result<(i64, ArrayRef)> {
        let (message, body) = layout::block(self.bytes, block)?;
        let message = layout::message(&message)?;
        let dictionary = message.header_as_dictionary_batch();
        let dictionary = dictionary.ok_or_else(|| malformed("a message is no dictionary"))?;
        if dictionary.isDelta() {
            return Err(malformed("a dictionary comes in parts, which is not supported"));
        }
        let batch = dictionary.data().ok_or_else(|| malformed("a dictionary has no values"))?;
        let id = dictionary.id();
        let Translated { schema, dictionaries } = &self.translated;
        let user = dictionaries.iter().position(|&used| used == Some(id));
        let user = user.ok_or_else(|| malformed("a dictionary belongs to no column"))?;
        let DataType::Dictionary(_, data_type) = schema.field(user).data_type() else {
            return Err(malformed("a dictionary belongs to a column without one"));
        };
        let body = self.bytes.slice_with_length(body.start, body.len());
        let mut body = Body::new(&batch, body, decoding)?;
        let values = array(&mut body, data_type, None)?;
        body.finish()?;
        Ok((id, values))
    }
}
