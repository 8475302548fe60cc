//! The template engine: handlebars with one helper that prints any value.
//!
//! | in a template | prints |
//! |---|---|
//! | `{{x}}` | the value `x` ([`Value`](super::value::Value)) as Nix, where it stands |
//! | `{{comment x}}` | text inside a `#` comment, on one line |
//! | `{{#each x}}` | its body for each item; `this` is the item |
//!
//! Tests hold the templates to nothing but these, and to standing where Nix expects a token: there is no `{{#if}}`, since
//! handlebars takes a missing field for false there, and branches belong in Rust.

use handlebars::template::{Parameter, Template, TemplateElement};
use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderErrorReason};
use serde::Serialize;
use serde_json::Value as Json;

use super::header::HEADER;
use super::{layout, value};

/// A template that cannot be used, or a context that does not fit it. Lines and columns count from 1.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("template `{template}`, line {line}, column {column}: {message}")]
    Syntax { template: String, line: usize, column: usize, message: String },
    #[error("there is no template `{template}`")]
    Unknown { template: String },
    #[error("the context of template `{template}` cannot be expressed as JSON")]
    Context { template: String, source: serde_json::Error },
    #[error("template `{template}`, line {line}: {message}")]
    Render { template: String, line: usize, message: String },
}

/// Templates by name, ready to be filled.
pub struct Engine {
    registry: Handlebars<'static>,
}

impl Engine {
    /// Reads every template; the first one that handlebars cannot read is the error.
    pub fn new(templates: &[(&str, &str)]) -> Result<Self, RenderError> {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_helper(
            "value",
            helper(|json, indent, out| value::print(json, indent, out).map_err(|error| error.to_string())),
        );
        registry.register_helper(
            "comment",
            helper(|json, _, out| {
                let text = json.as_str().ok_or("a comment is text")?;
                out.push_str(&one_line(text));
                Ok(())
            }),
        );
        for (name, source) in templates {
            let mut template = Template::compile(source).map_err(|error| {
                let (line, column) = error.pos().unwrap_or((1, 1));
                let message = error.reason().to_string();
                RenderError::Syntax { template: (*name).to_owned(), line, column, message }
            })?;
            place(&mut template, &mut String::new());
            template.name = Some((*name).to_owned());
            registry.register_template(name, template);
        }
        Ok(Engine { registry })
    }

    /// The template filled with `context`, under the header of generated files.
    pub fn render(&self, name: &str, context: impl Serialize) -> Result<String, RenderError> {
        let template = || name.to_owned();
        if !self.registry.has_template(name) {
            return Err(RenderError::Unknown { template: template() });
        }
        let json =
            serde_json::to_value(&context).map_err(|source| RenderError::Context { template: template(), source })?;
        // The input is not needed any more, and may be large.
        drop(context);
        let mut out = format!("{HEADER}\n").into_bytes();
        let filled = self.registry.render_with_context_to_write(name, &Context::from(json), &mut out);
        filled.map_err(|error| RenderError::Render {
            template: template(),
            line: error.line_no.unwrap_or(1),
            message: match error.reason() {
                RenderErrorReason::MissingVariable(Some(path)) => format!("the context has no `{path}`"),
                RenderErrorReason::MissingVariable(None) => "the context lacks a field".to_owned(),
                reason => reason.to_string(),
            },
        })?;
        let text = String::from_utf8(out).map_err(|error| RenderError::Render {
            template: template(),
            line: 1,
            message: error.to_string(),
        })?;
        Ok(layout::break_lines(text))
    }
}

/// Turns `{{x}}` into a call of the helper `value`, and tells each helper how far the line is indented that it stands in.
fn place(template: &mut Template, line: &mut String) {
    for element in &mut template.elements {
        match element {
            TemplateElement::RawString(text) => {
                if let Some(newline) = text.rfind('\n') {
                    line.clear();
                    line.push_str(text.get(newline + 1..).unwrap_or_default());
                } else {
                    line.push_str(text);
                }
            }
            TemplateElement::Expression(tag) => {
                if tag.params.is_empty() {
                    let path = std::mem::replace(&mut tag.name, Parameter::Name("value".to_owned()));
                    tag.params.push(path);
                }
                let indent = line.len() - line.trim_start_matches(' ').len();
                tag.params.push(Parameter::Literal(Json::from(indent)));
                line.push('x');
            }
            TemplateElement::HelperBlock(tag) => {
                if let Some(body) = &mut tag.template {
                    place(body, line);
                }
            }
            _ => {}
        }
    }
}

type HelperBox = Box<dyn handlebars::HelperDef + Send + Sync>;

/// A helper of one value that writes straight to `out`: a returned text would be escaped once more.
fn helper(print: impl Fn(&Json, usize, &mut String) -> Result<(), String> + Send + Sync + 'static) -> HelperBox {
    Box::new(
        move |tag: &Helper<'_>,
              _: &Handlebars<'_>,
              _: &Context,
              _: &mut RenderContext<'_, '_>,
              out: &mut dyn Output|
              -> HelperResult {
            let Some(param) = tag.param(0).filter(|param| !param.is_value_missing()) else {
                let path = tag.param(0).and_then(|param| param.relative_path().cloned());
                return Err(RenderErrorReason::MissingVariable(path).into());
            };
            let indent = tag.param(1).and_then(|indent| indent.value().as_u64()).unwrap_or_default();
            let mut text = String::new();
            print(param.value(), usize::try_from(indent).unwrap_or_default(), &mut text).map_err(|message| {
                let field = param.relative_path().map_or("?", String::as_str);
                RenderErrorReason::Other(format!("`{field}`: {message}"))
            })?;
            out.write(&text)?;
            Ok(())
        },
    )
}

/// Text that cannot end the comment that it stands in: every run of white space and control characters is one space.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control() || "\u{2028}\u{2029}".contains(c));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
