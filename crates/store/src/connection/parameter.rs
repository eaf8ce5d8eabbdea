//! Values that say which SQL type they are sent as.
//!
//! A statement that is not prepared cannot ask the server for the types of its parameters.

use jiff::Timestamp;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use crate::Json;

/// The values of a statement's `$1`, `$2` and so on.
pub(crate) type Parameters<'a> = &'a [&'a dyn Parameter];

/// A value of a statement.
pub(crate) trait Parameter: ToSql + Sync {
    /// The type that it is sent as.
    fn sql_type(&self) -> Type;

    /// The value itself.
    fn value(&self) -> &(dyn ToSql + Sync);
}

/// A type of values, each of which is sent as one value of SQL.
pub(crate) trait Scalar {
    /// Its type.
    const TYPE: Type;
    /// The type of many of them.
    const ARRAY: Type;
}

impl<T: Scalar + ToSql + Sync> Parameter for T {
    fn sql_type(&self) -> Type {
        T::TYPE
    }

    fn value(&self) -> &(dyn ToSql + Sync) {
        self
    }
}

impl<T: Scalar + ToSql + Sync> Parameter for Vec<T> {
    fn sql_type(&self) -> Type {
        T::ARRAY
    }

    fn value(&self) -> &(dyn ToSql + Sync) {
        self
    }
}

macro_rules! scalar {
    ($($rust:ty => $one:ident, $many:ident;)*) => {$(
        impl Scalar for $rust {
            const TYPE: Type = Type::$one;
            const ARRAY: Type = Type::$many;
        }
    )*};
}

scalar! {
    bool => BOOL, BOOL_ARRAY;
    i16 => INT2, INT2_ARRAY;
    i32 => INT4, INT4_ARRAY;
    i64 => INT8, INT8_ARRAY;
    f64 => FLOAT8, FLOAT8_ARRAY;
    str => TEXT, TEXT_ARRAY;
    String => TEXT, TEXT_ARRAY;
    [u8] => BYTEA, BYTEA_ARRAY;
    Uuid => UUID, UUID_ARRAY;
    Json => JSON, JSON_ARRAY;
    Timestamp => TIMESTAMPTZ, TIMESTAMPTZ_ARRAY;
}

impl<T: Scalar + ?Sized> Scalar for &T {
    const TYPE: Type = T::TYPE;
    const ARRAY: Type = T::ARRAY;
}

impl<T: Scalar> Scalar for Option<T> {
    const TYPE: Type = T::TYPE;
    const ARRAY: Type = T::ARRAY;
}
