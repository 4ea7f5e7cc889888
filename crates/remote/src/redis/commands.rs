//! Commands that are sent together, and their answers taken apart.

use redis::{ServerError, ToRedisArgs, Value, cmd};

/// Commands that are sent together.
#[derive(Clone, Debug, Default)]
pub struct Commands {
    bytes: Vec<u8>,
    count: usize,
}

impl Commands {
    /// Adds a command and its arguments.
    pub fn add(&mut self, name: &str, arguments: &[&dyn Argument]) {
        let mut command = cmd(name);
        for argument in arguments {
            argument.put(&mut command);
        }
        self.bytes.extend(command.get_packed_command());
        self.count += 1;
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// As they are sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What can be an argument of a command.
pub trait Argument {
    /// Adds it to a command.
    fn put(&self, command: &mut redis::Cmd);
}

impl<T: ToRedisArgs> Argument for T {
    fn put(&self, command: &mut redis::Cmd) {
        command.arg(self);
    }
}

/// The first error among answers, those of a transaction included.
pub fn first_error(answers: &[Value]) -> Option<&ServerError> {
    let mut errors = answers.iter().filter_map(|answer| match answer {
        Value::ServerError(error) => Some(error),
        Value::Array(answers) => first_error(answers),
        _ => None,
    });
    // That a transaction was given up says nothing of why.
    let first = errors.next()?;
    Some(if first.code() == "EXECABORT" { errors.next().unwrap_or(first) } else { first })
}

/// The bytes of an answer; `None` for nothing, and for what is no text.
pub fn bytes(answer: &Value) -> Option<&[u8]> {
    match answer {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.as_bytes()),
        _ => None,
    }
}

/// The whole number that an answer is, or that its text says.
pub fn number(answer: &Value) -> Option<i64> {
    match answer {
        Value::Int(number) => Some(*number),
        Value::Double(number) if number.fract() == 0.0 => Some(*number as i64),
        _ => std::str::from_utf8(bytes(answer)?).ok()?.parse().ok(),
    }
}

/// The parts of an answer; none for what is no list.
pub fn list(answer: &Value) -> &[Value] {
    match answer {
        Value::Array(values) | Value::Set(values) => values,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_packed_one_behind_the_other() {
        let mut commands = Commands::default();
        commands.add("SET", &[&"k", &b"\0\xff".as_slice(), &"EX", &60]);
        commands.add("PING", &[]);
        let expected =
            b"*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\0\xff\r\n$2\r\nEX\r\n$2\r\n60\r\n*1\r\n$4\r\nPING\r\n";
        assert_eq!((commands.count(), commands.bytes()), (2, expected.as_slice()));
    }

    #[test]
    fn answers_are_taken_apart() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let error = |code: &str| redis::parse_redis_value(format!("-{code} why\r\n").as_bytes()).unwrap();
        assert_eq!(
            (number(&text("12")), number(&Value::Int(3)), number(&text("x"))),
            (Some(12), Some(3), None)
        );
        assert_eq!((bytes(&text("ab")), bytes(&Value::Nil)), (Some(b"ab".as_slice()), None));
        assert_eq!(list(&Value::Array(vec![Value::Nil])).len(), 1);
        assert_eq!(list(&Value::Nil).len(), 0);
        assert!(first_error(&[Value::Okay, Value::Int(1)]).is_none());
        let code = |answers: &[Value]| first_error(answers).map(|error| error.code().to_owned());
        assert_eq!(code(&[Value::Okay, error("OOM"), error("EXECABORT")]).as_deref(), Some("OOM"));
        assert_eq!(code(&[error("EXECABORT"), error("OOM")]).as_deref(), Some("OOM"));
        assert_eq!(code(&[Value::Array(vec![error("MISCONF")])]).as_deref(), Some("MISCONF"));
    }
}
