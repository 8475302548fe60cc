//! The template engine, strict and safe by default.
//!
//! `{{x}}` prints a complete Nix string literal. `{{nix x}}` prints any value, `{{ident x}}` an attribute's name. A template
//! cannot ask what a value is (`#if` of a missing name is silently false), cannot print raw text (`{{{x}}}`), and cannot
//! put a value into a `${…}` (handlebars would swallow Nix's brace): all three are refused when it is registered.

use handlebars::{Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderErrorReason};
use serde::Serialize;
use serde_json::Value;

use super::value::{self, ValueError};

/// A template or its context is not as this module wants it.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("template {name} holds {what}")]
    Refused { name: String, what: &'static str },
    #[error("template {name} is malformed")]
    Template {
        name: String,
        #[source]
        source: Box<handlebars::TemplateError>,
    },
    #[error("the context of template {name} is not JSON")]
    Context {
        name: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("the context of template {name} is null at {path}")]
    Null { name: String, path: String },
    #[error("the context of template {name} at {path} is no Nix value")]
    Value {
        name: String,
        path: String,
        #[source]
        source: ValueError,
    },
    #[error("template {name} cannot be rendered")]
    Render {
        name: String,
        #[source]
        source: Box<handlebars::RenderError>,
    },
}

/// What a template must not hold, and why it is refused.
const REFUSED: [(&str, &str); 5] = [
    ("${{", "`${{`, where handlebars swallows Nix's brace"),
    ("{{{", "`{{{`, which prints raw text"),
    ("{{&", "`{{&`, which prints raw text"),
    ("{{#if", "`#if`, which a missing name silently fails"),
    ("{{#unless", "`#unless`, which a missing name silently passes"),
];

/// Registered templates.
pub struct Engine {
    handlebars: Handlebars<'static>,
}

impl Engine {
    /// Registers templates by name.
    ///
    /// # Errors
    /// [`RenderError::Refused`] and [`RenderError::Template`].
    pub fn new(templates: &[(&str, &str)]) -> Result<Engine, RenderError> {
        let mut handlebars = Handlebars::new();
        handlebars.set_strict_mode(true);
        // NULs are refused before anything is printed, so a literal can always be made.
        handlebars.register_escape_fn(|text| value::string(text).unwrap_or_default());
        handlebars.register_helper("nix", Box::new(Print(value::value)));
        handlebars.register_helper("ident", Box::new(Print(|json| match json {
            Value::String(name) => value::attribute(name),
            other => Err(ValueError::Kind { value: other.to_string() }),
        })));
        for (name, text) in templates {
            if let Some((_, what)) = REFUSED.iter().find(|(refused, _)| text.contains(refused)) {
                return Err(RenderError::Refused { name: (*name).to_owned(), what });
            }
            handlebars
                .register_template_string(name, text)
                .map_err(|source| RenderError::Template { name: (*name).to_owned(), source: Box::new(source) })?;
        }
        Ok(Engine { handlebars })
    }

    /// Renders one template.
    ///
    /// # Errors
    /// [`RenderError`]: a name that the context lacks, null anywhere in it, a NUL in a string.
    pub fn render(&self, name: &str, context: &impl Serialize) -> Result<String, RenderError> {
        let json = serde_json::to_value(context)
            .map_err(|source| RenderError::Context { name: name.to_owned(), source })?;
        check(name, "$", &json)?;
        self.handlebars
            .render(name, &json)
            .map_err(|source| RenderError::Render { name: name.to_owned(), source: Box::new(source) })
    }
}

fn check(name: &str, path: &str, json: &Value) -> Result<(), RenderError> {
    match json {
        Value::Null => Err(RenderError::Null { name: name.to_owned(), path: path.to_owned() }),
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(i, item)| check(name, &format!("{path}[{i}]"), item))
        }
        Value::Object(fields) => {
            fields.iter().try_for_each(|(key, item)| check(name, &format!("{path}.{key}"), item))
        }
        Value::String(text) if text.contains('\0') => {
            Err(RenderError::Value { name: name.to_owned(), path: path.to_owned(), source: ValueError::Nul })
        }
        _ => Ok(()),
    }
}

/// A helper that prints its one argument without escaping it again, as a helper's result would be.
struct Print(fn(&Value) -> Result<String, ValueError>);

impl HelperDef for Print {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let error = |text: String| RenderErrorReason::Other(format!("{{{{{}}}}}: {text}", helper.name()));
        let param = helper.param(0).filter(|param| !param.is_value_missing());
        let param = param.ok_or_else(|| error("its argument is missing".to_owned()))?;
        let text = (self.0)(param.value()).map_err(|source| error(source.to_string()))?;
        out.write(&text)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn render(template: &str, context: Value) -> Result<String, RenderError> {
        Engine::new(&[("t", template)])?.render("t", &context)
    }

    #[test]
    fn values_are_literals_by_default() {
        let context = json!({ "x": "${y}\"", "xs": ["a", "b"], "name": "a b" });
        assert_eq!(render("{{ident name}} = {{x}} {{nix xs}};", context).unwrap(), r#""a b" = "\${y}\"" [ "a" "b" ];"#);
    }

    #[test]
    fn dangerous_templates_are_refused() {
        for template in ["${{x}}", "{{{x}}}", "{{&x}}", "{{#if x}}{{/if}}", "{{#unless x}}{{/unless}}", "{{#each x}}"] {
            assert!(render(template, json!({ "x": "y" })).is_err(), "{template}");
        }
    }

    #[test]
    fn missing_and_null_names_are_errors() {
        for template in ["{{y}}", "{{#each y}}{{/each}}", "{{nix y}}", "{{ident y}}", "{{x.y}}"] {
            assert!(render(template, json!({ "x": "y" })).is_err(), "{template}");
        }
        assert!(render("", json!({ "x": [null] })).is_err());
        assert!(render("", json!({ "x": "\0" })).is_err());
    }
}
