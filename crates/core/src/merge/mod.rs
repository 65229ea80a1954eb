//! Several diffs against one base become one new state.
#![forbid(unsafe_code)]
