//! The gRPC API: generated code and its conversions to the model.
