//! The record batches of an Arrow IPC file, over the file's own bytes.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::RecordBatchDecoder;
use arrow_ipc::{root_as_footer, root_as_message};
use arrow_schema::{Schema, SchemaRef};

use super::layout::{self, malformed};
use crate::error::Result;

/// Schema and batches. Columns of the right type and alignment stand on `file`, nothing copied.
pub(crate) fn batches(file: &Buffer) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let footer = root_as_footer(&file[layout::footer(file)?]).map_err(malformed)?;
    let schema = footer.schema().ok_or_else(|| malformed("the footer has no schema"))?;
    let schema: SchemaRef = Arc::new(layout::schema(schema)?);
    layout::version(footer.version())?;
    let blocks = footer.recordBatches().map(|blocks| blocks.iter()).into_iter().flatten();
    let batches = blocks.map(|block| batch(file, block, &schema)).collect::<Result<_>>()?;
    Ok((schema, batches))
}

fn batch(file: &Buffer, block: &arrow_ipc::Block, schema: &Arc<Schema>) -> Result<RecordBatch> {
    let (message, body) = layout::block(block, file.len())?;
    let message = &file[message];
    // A length of four bytes, after a marker of four more since version 0.15.
    let skip = if message.starts_with(&[0xff; 4]) { 8 } else { 4 };
    let message = message.get(skip..).ok_or_else(|| malformed("a message has no length"))?;
    let message = root_as_message(message).map_err(malformed)?;
    let version = layout::version(message.version())?;
    let batch = message
        .header_as_record_batch()
        .ok_or_else(|| malformed("a message is no record batch"))?;
    layout::record_batch(&batch, schema, body.len())?;
    let body = file.slice_with_length(body.start, body.len());
    let no_dictionaries = HashMap::new();
    RecordBatchDecoder::try_new(&body, batch, Arc::clone(schema), &no_dictionaries, &version)
        .and_then(RecordBatchDecoder::read_record_batch)
        .map_err(malformed)
}
