//! The client SDK: submit goals and watch them.
