//! JSON schemas of what crosses the API, from the types themselves.

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use crate::domain::command::Command;
use crate::wire::route::{Route, parameter};

/// Collects the schemas that a document refers to.
pub(super) struct Schemas {
    generator: SchemaGenerator,
    /// One for each command, by its tag.
    commands: Vec<Value>,
}

impl Schemas {
    pub fn new() -> Self {
        let settings = SchemaSettings::draft2020_12()
            .with(|settings| settings.definitions_path = "/components/schemas".into());
        let mut generator = settings.into_generator();
        let mut command = Command::json_schema(&mut generator).to_value();
        let commands = match command.get_mut("oneOf").map(Value::take) {
            Some(Value::Array(variants)) => variants,
            _ => Vec::new(),
        };
        Schemas { generator, commands }
    }

    pub fn of<T: JsonSchema>(&mut self) -> Value {
        self.generator.subschema_for::<T>().to_value()
    }

    /// The body of a command's request: its fields without those that stand in the path.
    pub fn body(&self, route: &Route) -> Value {
        let variant = self.commands.iter().find(|variant| tag(variant) == Some(route.command));
        let mut body = variant.cloned().unwrap_or_else(|| json!({"type": "object"}));
        let in_path =
            |name: &str| name == "command" || route.path.split('/').any(|part| parameter(part) == Some(name));
        if let Some(Value::Object(properties)) = body.get_mut("properties") {
            properties.retain(|name, _| !in_path(name));
        }
        if let Some(Value::Array(required)) = body.get_mut("required") {
            required.retain(|name| !name.as_str().is_some_and(in_path));
        }
        body
    }

    /// What a field of a command looks like, where it stands in the path.
    pub fn field(&self, route: &Route, name: &str) -> Value {
        let variant = self.commands.iter().find(|variant| tag(variant) == Some(route.command));
        let field = variant.and_then(|variant| variant.get("properties")?.get(name));
        field.cloned().unwrap_or_else(|| json!({"type": "string"}))
    }

    /// All that was referred to.
    pub fn into_components(mut self) -> Map<String, Value> {
        self.generator.take_definitions(true)
    }
}

fn tag(variant: &Value) -> Option<&str> {
    variant.get("properties")?.get("command")?.get("const")?.as_str()
}
