//! Command pipeline and accessors for reply values.

use redis::{ServerError, ToRedisArgs, Value, cmd};

/// Pipeline of commands that are sent together.
#[derive(Clone, Debug, Default)]
pub struct Pipeline {
    bytes: Vec<u8>,
    count: usize,
}

impl Pipeline {
    /// Adds a command with its arguments.
    pub fn add(&mut self, name: &str, arguments: &[&dyn Argument]) {
        let mut command = cmd(name);
        for argument in arguments {
            argument.put(&mut command);
        }
        self.bytes.extend(command.get_packed_command());
        self.count += 1;
    }

    /// Number of commands.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The packed commands.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Command argument.
pub trait Argument {
    /// Appends the argument to a command.
    fn put(&self, command: &mut redis::Cmd);
}

impl<T: ToRedisArgs> Argument for T {
    fn put(&self, command: &mut redis::Cmd) {
        command.arg(self);
    }
}

/// The first error among replies, including nested replies of a transaction.
pub fn first_error(replies: &[Value]) -> Option<&ServerError> {
    let mut errors = replies.iter().filter_map(|reply| match reply {
        Value::ServerError(error) => Some(error),
        Value::Array(replies) => first_error(replies),
        _ => None,
    });
    // EXECABORT only says that the transaction was discarded; a later error has the cause.
    let first = errors.next()?;
    Some(if first.code() == "EXECABORT" { errors.next().unwrap_or(first) } else { first })
}

/// The bytes of a string reply; `None` for nil and other types.
pub fn as_bytes(reply: &Value) -> Option<&[u8]> {
    match reply {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.as_bytes()),
        _ => None,
    }
}

/// The integer of a reply, parsed from text if necessary.
pub fn as_integer(reply: &Value) -> Option<i64> {
    match reply {
        Value::Int(number) => Some(*number),
        Value::Double(number) if number.fract() == 0.0 => Some(*number as i64),
        _ => std::str::from_utf8(as_bytes(reply)?).ok()?.parse().ok(),
    }
}

/// The elements of an array reply; empty for other types.
pub fn as_list(reply: &Value) -> &[Value] {
    match reply {
        Value::Array(values) | Value::Set(values) => values,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_packed_in_order() {
        let mut commands = Pipeline::default();
        commands.add("SET", &[&"k", &b"\0\xff".as_slice(), &"EX", &60]);
        commands.add("PING", &[]);
        let expected =
            b"*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\0\xff\r\n$2\r\nEX\r\n$2\r\n60\r\n*1\r\n$4\r\nPING\r\n";
        assert_eq!((commands.count(), commands.bytes()), (2, expected.as_slice()));
    }

    #[test]
    fn reply_values_are_extracted() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let error = |code: &str| redis::parse_redis_value(format!("-{code} why\r\n").as_bytes()).unwrap();
        assert_eq!(
            (as_integer(&text("12")), as_integer(&Value::Int(3)), as_integer(&text("x"))),
            (Some(12), Some(3), None)
        );
        assert_eq!((as_bytes(&text("ab")), as_bytes(&Value::Nil)), (Some(b"ab".as_slice()), None));
        assert_eq!(as_list(&Value::Array(vec![Value::Nil])).len(), 1);
        assert_eq!(as_list(&Value::Nil).len(), 0);
        assert!(first_error(&[Value::Okay, Value::Int(1)]).is_none());
        let code = |replies: &[Value]| first_error(replies).map(|error| error.code().to_owned());
        assert_eq!(code(&[Value::Okay, error("OOM"), error("EXECABORT")]).as_deref(), Some("OOM"));
        assert_eq!(code(&[error("EXECABORT"), error("OOM")]).as_deref(), Some("OOM"));
        assert_eq!(code(&[Value::Array(vec![error("MISCONF")])]).as_deref(), Some("MISCONF"));
    }
}
