//! Redis: the delivery lists. The only crate that knows a key's name.
