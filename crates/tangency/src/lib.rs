#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "forecast")]
#[doc(inline)]
pub use tangency_forecast as forecast;
#[cfg(feature = "optimize")]
#[doc(inline)]
pub use tangency_optimize as optimize;
#[cfg(feature = "pipeline")]
#[doc(inline)]
pub use tangency_pipeline as pipeline;
#[cfg(feature = "pool")]
#[doc(inline)]
pub use tangency_pool as pool;
#[cfg(feature = "preprocess")]
#[doc(inline)]
pub use tangency_preprocess as preprocess;
#[cfg(feature = "shared-data")]
#[doc(inline)]
pub use tangency_shared_data as shared_data;

#[cfg(all(doctest, feature = "pipeline"))]
mod pages;
