//! Golden values, tolerances and generators shared by the tests.
