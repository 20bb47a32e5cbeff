//! Frames as nalgebra matrices, and back.

use arrow_buffer::{Buffer, ScalarBuffer};
use nalgebra::{Const, DMatrix, DMatrixView, Dyn};

use crate::block::{Block, Values, check_increasing};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::names::Names;

impl Frame {
    /// All values as a matrix, rows by columns, column-major. Nothing is copied.
    ///
    /// Successive columns are further apart than there are rows whenever columns are padded or the
    /// frame is a slice.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotOneMatrix`] when the columns stand on memory of another library that holds
    /// them apart; see [`is_matrix`](Self::is_matrix). [`contiguous`](Self::contiguous) copies them
    /// together.
    pub fn matrix(&self) -> Result<DMatrixView<'_, f64>> {
        let (n_rows, n_columns) = (self.n_rows(), self.n_columns());
        let (values, stride) = match self.values() {
            _ if n_rows == 0 => (&[][..], 0),
            Values::Matrix { values, stride } => (&values[self.row_range().start..], *stride),
            Values::Apart(columns) => match &**columns {
                [only] => (&only[self.row_range()], n_rows),
                _ => return Err(ErrorKind::NotOneMatrix { n_columns }.into()),
            },
        };
        let (rows, columns, stride) = (Dyn(n_rows), Dyn(n_columns), Dyn(stride));
        let unit = Const::<1>;
        Ok(DMatrixView::from_slice_with_strides_generic(values, rows, columns, unit, stride))
    }

    /// Whether [`matrix`](Self::matrix) can be lent: always, except for frames over several columns
    /// of another library, from a record batch, the C Data Interface, or a mapped file that this
    /// crate did not write.
    #[must_use]
    pub fn is_matrix(&self) -> bool {
        self.matrix().is_ok()
    }

    /// The frame as one matrix: itself where it [is one](Self::is_matrix), a copy otherwise.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`] when the copy does not fit into memory.
    pub fn contiguous(&self) -> Result<Self> {
        if self.is_matrix() {
            return Ok(self.clone());
        }
        let names: Vec<&String> = self.names().iter().chain(self.text_names()).collect();
        self.select(&names)
    }

    /// The frame of a matrix, rows by columns, with a timestamp for each row and a name for each
    /// column. Both are taken over; nothing is copied.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use tangency_shared_data::Frame;
    ///
    /// let weights = DMatrix::from_row_slice(2, 2, &[0.5, 0.5, 0.25, 0.75]);
    /// let frame = Frame::from_matrix(vec![1, 2], ["AAPL", "MSFT"], weights)?;
    /// assert_eq!(frame.column("MSFT")?, [0.5, 0.75]);
    /// # Ok::<(), tangency_shared_data::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnLength`] unless there are as many rows as timestamps,
    /// [`ErrorKind::RowLength`] unless there are as many columns as names, and those of
    /// [`FrameBuilder::build`](crate::FrameBuilder::build).
    pub fn from_matrix<S: AsRef<str>>(
        timestamps: Vec<i64>,
        names: impl IntoIterator<Item = S>,
        values: DMatrix<f64>,
    ) -> Result<Self> {
        let names = Names::new(names)?;
        let (needed, got) = (timestamps.len(), values.nrows());
        if needed != got {
            return Err(ErrorKind::ColumnLength { needed, got }.into());
        }
        let (needed, got) = (names.len(), values.ncols());
        if needed != got {
            return Err(Error::from(ErrorKind::RowLength { row: 0, needed, got }));
        }
        check_increasing(&timestamps)?;
        let stride = values.nrows();
        let values: Vec<f64> = values.data.into();
        let length = values.len();
        let values = ScalarBuffer::new(Buffer::from_vec(values), 0, length);
        let timestamps = ScalarBuffer::from(timestamps);
        Ok(Self::from_block(Block { timestamps, values: Values::Matrix { values, stride }, names }))
    }
}
