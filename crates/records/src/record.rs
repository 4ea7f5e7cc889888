//! Records, and the encoding of labels, fields and bodies.

use crate::bytes::{CorruptData, Cursor, put_bytes, put_signed, put_varint};
use std::sync::Arc;
use watchglass_model::{Labels, Timestamp};

/// Maximum number of labels of a stream, and of fields of a record.
pub const MAX_FIELDS: usize = 1024;

/// Value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// UTF-8 text. Its words can be searched like those of the body.
    Text(&'a str),
    /// Integer.
    Int(i64),
    /// Number; NaN and infinities are kept.
    Float(f64),
    /// Truth value.
    Bool(bool),
}

/// Name and value of a field. Names may repeat; order is kept.
pub type Field<'a> = (&'a str, Value<'a>);

/// Record to append.
#[derive(Clone, Copy, Debug)]
pub struct NewRecord<'a> {
    /// Labels of its stream.
    pub stream: &'a Labels,
    /// Time of the record, in milliseconds. Any order.
    pub time: Timestamp,
    /// Small values beside the body.
    pub fields: &'a [Field<'a>],
    /// Content; any bytes.
    pub body: &'a [u8],
}

/// Stored record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Labels of its stream.
    pub stream: &'a Arc<Labels>,
    /// Time of the record, in milliseconds.
    pub time: Timestamp,
    /// Small values beside the body.
    pub fields: &'a [Field<'a>],
    /// Content; any bytes.
    pub body: &'a [u8],
}

/// Writes labels: varint count; name and value with length prefixes.
pub(crate) fn put_labels(out: &mut Vec<u8>, labels: &Labels) {
    put_varint(out, labels.iter().count() as u64);
    for (name, value) in labels.iter() {
        put_bytes(out, name.as_bytes());
        put_bytes(out, value.as_bytes());
    }
}

pub(crate) fn labels(cursor: &mut Cursor<'_>) -> Result<Labels, CorruptData> {
    let count = cursor.count(MAX_FIELDS)?;
    (0..count).map(|_| Ok((cursor.text()?, cursor.text()?))).collect()
}

/// Writes fields: varint count; for each the name with a length prefix, and the value.
pub(crate) fn put_fields(out: &mut Vec<u8>, fields: &[Field<'_>]) {
    put_varint(out, fields.len() as u64);
    for (name, value) in fields {
        put_bytes(out, name.as_bytes());
        out.push(kind(value));
        put_value(out, value);
    }
}

/// Clears `found` and reads fields into it.
pub(crate) fn fields<'a>(cursor: &mut Cursor<'a>, found: &mut Vec<Field<'a>>) -> Result<(), CorruptData> {
    found.clear();
    for _ in 0..cursor.count(MAX_FIELDS)? {
        let name = cursor.text()?;
        let kind = cursor.byte()?;
        found.push((name, value(kind, cursor)?));
    }
    Ok(())
}

/// Code of the kind of a value: 0 text, 1 integer, 2 number, 3 truth value.
pub(crate) fn kind(value: &Value<'_>) -> u8 {
    match value {
        Value::Text(_) => 0,
        Value::Int(_) => 1,
        Value::Float(_) => 2,
        Value::Bool(_) => 3,
    }
}

/// Writes a value: text with a length prefix, signed varint, 8 bytes, one byte 0 or 1.
pub(crate) fn put_value(out: &mut Vec<u8>, value: &Value<'_>) {
    match *value {
        Value::Text(text) => put_bytes(out, text.as_bytes()),
        Value::Int(number) => put_signed(out, number),
        Value::Float(number) => out.extend(number.to_le_bytes()),
        Value::Bool(is_true) => out.push(u8::from(is_true)),
    }
}

pub(crate) fn value<'a>(kind: u8, cursor: &mut Cursor<'a>) -> Result<Value<'a>, CorruptData> {
    match kind {
        0 => cursor.text().map(Value::Text),
        1 => cursor.signed().map(Value::Int),
        2 => cursor.array().map(f64::from_le_bytes).map(Value::Float),
        3 => cursor.byte().map(|byte| Value::Bool(byte != 0)),
        _ => Err(CorruptData("unknown kind of value")),
    }
}
