//! Checks and compiles blueprints; CEL and JSON Schema live here. Pure.
