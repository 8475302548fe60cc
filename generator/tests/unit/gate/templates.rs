//! Templates are held to little of handlebars, which can't go wrong in Nix text.

use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};
use rnix::SyntaxKind::{TOKEN_COMMENT, TOKEN_IDENT};

/// What is wrong with a template, and the line that it is wrong in.
pub fn check(source: &str) -> Result<(), (usize, String)> {
    // handlebars reads the brace of Nix's `${` as a part of its own tag and swallows it.
    for needle in ["${{", "{{{"] {
        if let Some(position) = source.find(needle) {
            let line = source[..position].matches('\n').count() + 1;
            return Err((line, format!("`{needle}`")));
        }
    }
    let template = Template::compile(source)
        .map_err(|error| (error.pos().map_or(1, |(line, _)| line), error.reason().to_string()))?;
    let mut skeleton = Skeleton::default();
    narrow(&template, &mut skeleton)?;
    skeleton.check()
}

/// Refuses everything but `{{x}}`, `{{comment x}}` and `{{#each x}}`, and notes the Nix text around.
fn narrow(template: &Template, skeleton: &mut Skeleton) -> Result<(), (usize, String)> {
    for (element, mapping) in template.elements.iter().zip(&template.mapping) {
        let line = mapping.0;
        let refused = |what: &str| Err((line, what.to_owned()));
        match element {
            TemplateElement::RawString(text) => skeleton.text.push_str(text),
            TemplateElement::Comment(_) => {}
            TemplateElement::Expression(tag) if tag.params.is_empty() && tag.hash.is_empty() => {
                skeleton.place(line, false);
            }
            TemplateElement::Expression(tag) => {
                match tag.name.as_name() {
                    Some("comment") => check_params(tag, line)?,
                    other => return Err((line, format!("the helper `{}`", other.unwrap_or("?")))),
                }
                skeleton.place(line, true);
            }
            TemplateElement::HelperBlock(tag) => {
                let block = tag.name.as_name().unwrap_or("?");
                if block != "each" {
                    return Err((line, format!("`{{{{#{block}}}}}`")));
                }
                check_params(tag, line)?;
                if tag.inverse.is_some() {
                    return refused("`{{else}}`");
                }
                if let Some(body) = &tag.template {
                    narrow(body, skeleton)?;
                }
            }
            TemplateElement::HtmlExpression(_) => return refused("an unescaped expression"),
            TemplateElement::DecoratorExpression(_) | TemplateElement::DecoratorBlock(_) => {
                return refused("a decorator");
            }
            TemplateElement::PartialExpression(_) | TemplateElement::PartialBlock(_) => return refused("a partial"),
            // handlebars may learn new tags; none is trusted unseen.
            _ => return refused("this tag"),
        }
    }
    Ok(())
}

fn check_params(tag: &HelperTemplate, line: usize) -> Result<(), (usize, String)> {
    match tag.params.as_slice() {
        [Parameter::Path(_)] if tag.hash.is_empty() && tag.block_param.is_none() => Ok(()),
        _ => Err((line, "anything but one field of the context as argument".to_owned())),
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
