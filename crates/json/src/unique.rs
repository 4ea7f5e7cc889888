//! Objects with names that serde does not know beforehand: it keeps the last of two values of a name, these types reject it.

use crate::error::quoted;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// JSON object that has each name once.
#[derive(Clone, Debug, PartialEq)]
pub struct UniqueMap<V>(pub BTreeMap<String, V>);

/// JSON value whose objects have each name once.
#[derive(Clone, Debug, PartialEq)]
pub struct UniqueValue(pub Value);

impl From<UniqueMap<UniqueValue>> for Map<String, Value> {
    fn from(map: UniqueMap<UniqueValue>) -> Self {
        map.0.into_iter().map(|(name, UniqueValue(value))| (name, value)).collect()
    }
}

impl<V: Serialize> Serialize for UniqueMap<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MapVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for UniqueValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

/// Fields of an object, in any order.
fn fields<'de, V: Deserialize<'de>, A: MapAccess<'de>>(
    mut fields: A,
) -> Result<BTreeMap<String, V>, A::Error> {
    let mut map = BTreeMap::new();
    while let Some(name) = fields.next_key::<String>()? {
        if map.contains_key(&name) {
            return Err(A::Error::custom(format!("{} is given more than once", quoted(&name))));
        }
        map.insert(name, fields.next_value()?);
    }
    Ok(map)
}

struct MapVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for MapVisitor<V> {
    type Value = UniqueMap<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<UniqueMap<V>, A::Error> {
        fields(map).map(UniqueMap)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // All numbers of JSON are finite.
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(UniqueValue(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        fields(map).map(|map| Value::Object(UniqueMap(map).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{JsonError, from_str};
    use proptest::prelude::*;

    fn object(json: &str) -> Result<Map<String, Value>, String> {
        from_str::<UniqueMap<UniqueValue>>(json).map(Map::from).map_err(|error| error.to_string())
    }

    #[test]
    fn names_that_are_given_twice_are_rejected_with_their_path() {
        for (json, expected) in [
            (r#"{"a":1,"a":1}"#, r#""a" is given more than once"#),
            (r#"{"a":{"b":[{},{"c":1,"d":2,"c":3}]}}"#, r#"a.b[1]: "c" is given more than once"#),
            (r#"{"a":1,"a":1"#, "the JSON is incomplete"),
            ("[1]", "the value is a list: must be an object"),
            ("null", "the value is null: must be an object"),
        ] {
            let error = object(json).unwrap_err();
            assert!(error.starts_with(expected), "{json}: {error}");
        }
        let counts: Result<UniqueMap<UniqueMap<u64>>, JsonError> = from_str(r#"{"GET":{"2xx":1,"2xx":2}}"#);
        assert_eq!(counts.unwrap_err().to_string(), r#"GET: "2xx" is given more than once"#);
    }

    proptest! {
        #[test]
        fn all_other_objects_are_read_as_by_serde_json(
            names in prop::collection::btree_set("\\PC{0,3}", 0..5), number in any::<f64>(), integer in any::<i64>(),
        ) {
            let number = Some(number).filter(|number| number.is_finite());
            let fields = names.iter().map(|name| (name.clone(), serde_json::json!([number, integer, name, { "a": true }])));
            let json = Value::Object(fields.collect()).to_string();
            prop_assert_eq!(object(&json).unwrap(), serde_json::from_str::<Map<String, Value>>(&json).unwrap());
        }
    }
}
