//! The template engine: handlebars, narrowed to what can't go wrong in Nix text.
//!
//! | in a template | prints | refuses |
//! |---|---|---|
//! | `{{x}}` | a string as a Nix string literal, quotes included | anything but a string |
//! | `{{nix x}}` | any value as a Nix value | numbers that are no 64-bit integers |
//! | `{{ident x}}` | an attribute's name, quoted where it must be | anything but a string |
//! | `{{var x}}` | a variable, e.g. a let binding or an argument | what would need quotes |
//! | `{{path x}}` | a relative path, `./x` or `../x` | any other path |
//! | `{{comment x}}` | text inside a `#` comment, on one line | standing anywhere but in such a comment |
//! | `{{#each x}}` | its body for each item; `this`, `@key`, `@index` | anything but a list or object |
//!
//! Nothing else is accepted, above all no `{{#if}}`: handlebars takes a missing field there for false. Branches belong
//! in Rust. An expression stands where Nix expects a token of its own; within a string, a path or (but for
//! `{{comment x}}`) a comment it is refused when the engine is made, as is a `null` or NUL anywhere in a context.

use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};
use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderErrorReason};
use rnix::SyntaxKind::{TOKEN_COMMENT, TOKEN_IDENT};
use serde::Serialize;
use serde_json::Value as Json;

use super::value::{Step, Value, ValueError, attribute_name, render_steps, string_literal, variable};

/// A template that can't be used, or a context that doesn't fit it. Lines and columns count from 1.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("template `{template}`, line {line}, column {column}: {message}")]
    Syntax { template: String, line: usize, column: usize, message: String },
    #[error("template `{template}`, line {line}: {what} is not accepted\nhint: {hint}")]
    Refused { template: String, line: usize, what: String, hint: &'static str },
    #[error("two templates are named `{template}`")]
    Twice { template: String },
    #[error("there is no template `{template}`")]
    Unknown { template: String },
    #[error("the context of template `{template}` can't be expressed as JSON")]
    Context { template: String, source: serde_json::Error },
    #[error("the context of template `{template}` can't be printed")]
    Value { template: String, source: ValueError },
    #[error("template `{template}`, line {line}: {message}")]
    Render { template: String, line: usize, message: String },
}

/// Templates by name, checked and ready to be filled.
pub struct Engine {
    registry: Handlebars<'static>,
}

impl Engine {
    /// Reads and checks every template; the first one that is wrong is the error.
    pub fn new(templates: &[(&str, &str)]) -> Result<Self, RenderError> {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        // Every expression goes through one of the helpers below; what escaped them would still be a string literal.
        registry.register_escape_fn(|text| string_literal(text).unwrap_or_else(|_| "null".to_owned()));
        registry.register_helper("string", helper(|json| string_literal(as_string(json)?).map_err(text)));
        registry.register_helper("nix", helper(|json| Value::from_json(json).and_then(|v| v.print()).map_err(text)));
        registry.register_helper("ident", helper(|json| attribute_name(as_string(json)?).map_err(text)));
        registry.register_helper("var", helper(|json| variable(as_string(json)?).map_err(text)));
        registry.register_helper("path", helper(|json| Value::Path(as_string(json)?.into()).print().map_err(text)));
        registry.register_helper("comment", helper(|json| Ok(one_line(as_string(json)?))));
        for (name, source) in templates {
            if registry.has_template(name) {
                return Err(RenderError::Twice { template: (*name).to_owned() });
            }
            registry.register_template(name, compile(name, source)?);
        }
        Ok(Engine { registry })
    }

    /// The template filled with `context`: Nix text that has not been through the gate yet.
    pub fn render(&self, name: &str, context: &impl Serialize) -> Result<String, RenderError> {
        let template = || name.to_owned();
        if !self.registry.has_template(name) {
            return Err(RenderError::Unknown { template: template() });
        }
        let json =
            serde_json::to_value(context).map_err(|source| RenderError::Context { template: template(), source })?;
        check_context(&json, &mut Vec::new()).map_err(|source| RenderError::Value { template: template(), source })?;
        self.registry.render(name, &json).map_err(|error| RenderError::Render {
            template: template(),
            line: error.line_no.unwrap_or(1),
            message: match error.reason() {
                RenderErrorReason::MissingVariable(Some(path)) => format!("the context has no `{path}`"),
                RenderErrorReason::MissingVariable(None) => "the context lacks a field".to_owned(),
                reason => reason.to_string(),
            },
        })
    }
}

const HELPERS: [&str; 5] = ["comment", "ident", "nix", "path", "var"];

fn compile(name: &str, source: &str) -> Result<Template, RenderError> {
    let refused =
        |line, what: &str, hint| RenderError::Refused { template: name.into(), line, what: what.into(), hint };
    // handlebars reads the brace of Nix's `${` as a part of its own tag and swallows it.
    for (needle, hint) in [
        ("${{", "build the string in Rust, or write a let binding and interpolate that"),
        ("{{{", "write {{x}}, or { {{ident x}} … } with a space"),
    ] {
        if let Some(position) = source.find(needle) {
            return Err(refused(line_at(source, position), &format!("`{needle}`"), hint));
        }
    }
    let mut template = Template::compile(source).map_err(|error| {
        let (line, column) = error.pos().unwrap_or((1, 1));
        let message = error.reason().to_string();
        RenderError::Syntax { template: name.to_owned(), line, column, message }
    })?;
    let mut skeleton = Skeleton::default();
    narrow(&mut template, &mut skeleton).map_err(|(line, what, hint)| refused(line, &what, hint))?;
    skeleton.check().map_err(|(line, what)| {
        refused(line, &what, "an expression must be a token of its own; build strings and paths in Rust")
    })?;
    template.name = Some(name.to_owned());
    Ok(template)
}

type Refusal = (usize, String, &'static str);

/// Refuses what the table above doesn't list, turns `{{x}}` into `{{string x}}`, and notes the Nix text around.
fn narrow(template: &mut Template, skeleton: &mut Skeleton) -> Result<(), Refusal> {
    let lines: Vec<usize> = template.mapping.iter().map(|mapping| mapping.0).collect();
    for (index, element) in template.elements.iter_mut().enumerate() {
        let line = lines.get(index).copied().unwrap_or(1);
        match element {
            TemplateElement::RawString(text) => skeleton.text.push_str(text),
            TemplateElement::Comment(_) => {}
            TemplateElement::Expression(tag) => {
                let helper = narrow_expression(tag, line)?;
                skeleton.place(line, helper == "comment");
            }
            TemplateElement::HelperBlock(tag) => {
                let block = tag.name.as_name().unwrap_or("?").to_owned();
                if block != "each" {
                    return Err((line, format!("`{{{{#{block}}}}}`"), "decide in Rust; only {{#each}} is accepted"));
                }
                check_params(tag, line)?;
                if tag.inverse.is_some() {
                    return Err((line, "`{{else}}`".to_owned(), "decide in Rust"));
                }
                if let Some(body) = &mut tag.template {
                    narrow(body, skeleton)?;
                }
            }
            TemplateElement::HtmlExpression(_) => {
                return Err((line, "an unescaped expression".to_owned(), "write {{nix x}}"));
            }
            TemplateElement::DecoratorExpression(_) | TemplateElement::DecoratorBlock(_) => {
                return Err((line, "a decorator".to_owned(), "write the text out"));
            }
            TemplateElement::PartialExpression(_) | TemplateElement::PartialBlock(_) => {
                return Err((line, "a partial".to_owned(), "write the text out, or render a file of its own"));
            }
            // handlebars may learn new tags; none is trusted unseen.
            _ => return Err((line, "this tag".to_owned(), "see the table of what is accepted")),
        }
    }
    Ok(())
}

fn narrow_expression(tag: &mut HelperTemplate, line: usize) -> Result<String, Refusal> {
    if tag.params.is_empty() && tag.hash.is_empty() {
        let path = std::mem::replace(&mut tag.name, Parameter::Name("string".to_owned()));
        tag.params.push(path);
    } else if !tag.name.as_name().is_some_and(|name| HELPERS.contains(&name)) {
        let what = format!("the helper `{}`", tag.name.as_name().unwrap_or("?"));
        return Err((line, what, "the helpers are comment, ident, nix, path and var"));
    }
    check_params(tag, line)?;
    Ok(tag.name.as_name().unwrap_or_default().to_owned())
}

fn check_params(tag: &HelperTemplate, line: usize) -> Result<(), Refusal> {
    match tag.params.as_slice() {
        [Parameter::Path(_)] if tag.hash.is_empty() && tag.block_param.is_none() => Ok(()),
        _ => Err((line, "anything but one field of the context as argument".to_owned(), "compute it in Rust")),
    }
}

/// The template's own text with an identifier in the place of each expression, to see where expressions stand.
#[derive(Default)]
struct Skeleton {
    text: String,
    lines: Vec<usize>,
}

// Long and odd enough that no template spells them.
const MARK: &str = "crossloom-placeholder-";
const COMMENT_MARK: &str = "crossloom-placeholder-comment-";

impl Skeleton {
    fn place(&mut self, line: usize, comment: bool) {
        self.text.push_str(&format!("{}{}'", if comment { COMMENT_MARK } else { MARK }, self.lines.len()));
        self.lines.push(line);
    }

    fn check(&self) -> Result<(), (usize, String)> {
        for (kind, token) in rnix::tokenize(&self.text) {
            for (position, _) in token.match_indices(MARK) {
                let rest = token.get(position..).unwrap_or_default();
                let name = rest.split_inclusive('\'').next().unwrap_or_default();
                let number: String = name.chars().filter(char::is_ascii_digit).collect();
                let line = number.parse().ok().and_then(|index: usize| self.lines.get(index)).copied().unwrap_or(1);
                let in_comment = kind == TOKEN_COMMENT && token.starts_with('#');
                match (name.starts_with(COMMENT_MARK), in_comment) {
                    (true, true) => {}
                    (true, false) => return Err((line, "`{{comment x}}` outside of a # comment".to_owned())),
                    (false, _) if kind == TOKEN_IDENT && token == name => {}
                    (false, _) => {
                        let inside = match kind {
                            TOKEN_COMMENT => "a comment",
                            rnix::SyntaxKind::TOKEN_STRING_CONTENT => "a string",
                            _ => "another token",
                        };
                        return Err((line, format!("an expression within {inside}")));
                    }
                }
            }
        }
        Ok(())
    }
}

fn check_context(json: &Json, at: &mut Vec<Step>) -> Result<(), ValueError> {
    let text = |text: &str, at: &[Step]| match text.contains('\0') {
        true => Err(ValueError::Nul { at: render_steps(at) }),
        false => Ok(()),
    };
    match json {
        Json::Null => Err(ValueError::Null { at: render_steps(at) }),
        Json::String(value) => text(value, at),
        Json::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            at.push(Step::Index(index));
            check_context(item, at)?;
            at.pop();
            Ok(())
        }),
        Json::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            at.push(Step::Key(name.clone()));
            text(name, at)?;
            check_context(value, at)?;
            at.pop();
            Ok(())
        }),
        Json::Bool(_) | Json::Number(_) => Ok(()),
    }
}

type HelperBox = Box<dyn handlebars::HelperDef + Send + Sync>;

/// A helper of one argument that writes straight to `out`: a returned value would be escaped once more.
fn helper(print: impl Fn(&Json) -> Result<String, String> + Send + Sync + 'static) -> HelperBox {
    Box::new(
        move |tag: &Helper<'_>,
              _: &Handlebars<'_>,
              _: &Context,
              _: &mut RenderContext<'_, '_>,
              out: &mut dyn Output|
              -> HelperResult {
            let param = tag.param(0).filter(|param| !param.is_value_missing());
            let Some(param) = param else {
                let path = tag.param(0).and_then(|param| param.relative_path().cloned());
                return Err(RenderErrorReason::MissingVariable(path).into());
            };
            let printed = print(param.value()).map_err(|message| {
                let field = param.relative_path().map_or("?", String::as_str);
                RenderErrorReason::Other(format!("`{field}`: {message}"))
            })?;
            out.write(&printed)?;
            Ok(())
        },
    )
}

fn as_string(json: &Json) -> Result<&str, String> {
    json.as_str().ok_or_else(|| "is no string\nhint: print it with {{nix x}}".to_owned())
}

fn text(error: ValueError) -> String {
    error.to_string()
}

/// Text that can't end the comment that it stands in: every run of white space and control characters is one space.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control() || "\u{2028}\u{2029}".contains(c));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn line_at(source: &str, position: usize) -> usize {
    source.get(..position).unwrap_or_default().matches('\n').count() + 1
}
