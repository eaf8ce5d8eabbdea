//! The worker SDK: offer capabilities as async functions.
