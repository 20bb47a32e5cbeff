//! The pages of the repository, compiled with the library they speak of.

#[doc = include_str!("../../../README.md")]
struct Readme;

#[doc = include_str!("../../../docs/coming-from-python.md")]
struct ComingFromPython;
