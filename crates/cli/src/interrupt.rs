//! Ctrl-C and SIGTERM as a cancel token.

use tangency::pool::CancelToken;

use crate::exit::Failure;

/// A token that the first Ctrl-C (or SIGTERM, SIGHUP) cancels.
///
/// The work then ends at its next item and the command leaves with code 130. A second Ctrl-C does
/// not wait for that: it ends the process at once. Files are written under temporary names and
/// renamed, so neither leaves half of one.
pub(crate) fn on_interrupt() -> Result<CancelToken, Failure> {
    let token = CancelToken::new();
    let handler_token = token.clone();
    ctrlc::set_handler(move || {
        if handler_token.is_cancelled() {
            std::process::exit(i32::from(crate::exit::INTERRUPTED));
        }
        handler_token.cancel();
    })
    .map_err(|error| Failure::work(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(token)
}
