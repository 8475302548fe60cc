//! XML of which nothing is believed: a pull parser's events, gathered into a tree of bounded size.
//!
//! A document's bytes say little about the cost of reading it. Entities multiply text, namespaces are looked up on every
//! element below them, and attributes of an element are compared with each other. So no entity is declared here, no
//! namespace is resolved, and depth, elements and attributes are counted before anything is kept.

use quick_xml::Reader;
use quick_xml::escape::{EscapeError, resolve_predefined_entity, unescape};
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesStart, Event};

use crate::diag::clip;

/// Elements within elements. A package's table of contents is as deep as its folders, twice.
const MAX_DEPTH: usize = 64;
/// Elements in all. Apple's largest settings have some hundreds, and a package of a thousand files has some 25,000.
const MAX_ELEMENTS: usize = 100_000;
/// Attributes of one element. Neither of the two kinds of document has more than two.
const MAX_ATTRIBUTES: usize = 16;

/// A document is not XML, or not XML of the plain kind that is read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub(super) enum XmlError {
    #[error("{}", clip(.0))]
    Syntax(#[from] quick_xml::Error),
    #[error("{}", clip(.0))]
    Attribute(#[from] AttrError),
    #[error("{}", clip(.0))]
    Escape(#[from] EscapeError),
    #[error("it has an element in more than {MAX_DEPTH} others")]
    Depth,
    #[error("it has more than {MAX_ELEMENTS} elements")]
    Elements,
    #[error("it has an element with more than {MAX_ATTRIBUTES} attributes")]
    Attributes,
    #[error("it declares entities or elements")]
    Declarations,
    #[error("it refers to {name:?}, which is not declared")]
    Entity { name: String },
    #[error("it has text outside of its root element")]
    Outside,
    #[error("it has more than one root element")]
    Roots,
    #[error("it ends within an element")]
    Unclosed,
    #[error("it has no root element")]
    Empty,
}

/// An element with what is in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// With its prefix, if it has one.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    /// All text between its children.
    text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Its text without blanks around it.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The root element of a document.
pub(super) fn parse(text: &str) -> Result<Element, XmlError> {
    let mut reader = Reader::from_str(text);
    let (mut root, mut open, mut count): (_, Vec<Element>, _) = (None, Vec::new(), 0_usize);
    loop {
        let event = reader.read_event()?;
        match event {
            Event::Start(ref start) | Event::Empty(ref start) => {
                count += 1;
                if count > MAX_ELEMENTS {
                    return Err(XmlError::Elements);
                }
                if open.len() >= MAX_DEPTH {
                    return Err(XmlError::Depth);
                }
                if open.is_empty() && root.is_some() {
                    return Err(XmlError::Roots);
                }
                let element = element(start)?;
                match event {
                    Event::Start(_) => open.push(element),
                    _ => close(element, &mut open, &mut root),
                }
            }
            Event::End(_) => {
                if let Some(element) = open.pop() {
                    close(element, &mut open, &mut root);
                }
            }
            Event::Text(text) => add(&text.xml10_content(), &mut open)?,
            Event::CData(text) => add(&text.xml10_content(), &mut open)?,
            Event::GeneralRef(reference) => match reference.resolve_char_ref()? {
                Some(character) => add(character.encode_utf8(&mut [0; 4]), &mut open)?,
                None => {
                    let undeclared = || XmlError::Entity { name: super::error::shown(reference.as_bytes()) };
                    add(resolve_predefined_entity(&reference).ok_or_else(undeclared)?, &mut open)?;
                }
            },
            // Every property list names its document type. What stands in brackets would be declarations.
            Event::DocType(kind) if kind.contains('[') => return Err(XmlError::Declarations),
            Event::DocType(_) | Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if open.is_empty() => return root.ok_or(XmlError::Empty),
            Event::Eof => return Err(XmlError::Unclosed),
        }
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, XmlError> {
    let mut attributes = Vec::new();
    // The parser's own check compares each with all others, and is not needed: the first of a name counts.
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute?;
        if attributes.len() >= MAX_ATTRIBUTES {
            return Err(XmlError::Attributes);
        }
        attributes.push((attribute.key.as_ref().to_owned(), unescape(&attribute.value)?.into_owned()));
    }
    Ok(Element { name: start.name().as_ref().to_owned(), attributes, ..Element::default() })
}

/// Puts an element that is complete into the one around it.
fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
}

fn add(text: &str, open: &mut [Element]) -> Result<(), XmlError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlError::Outside),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_hold_their_text_attributes_and_children() {
        let root = parse(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE a PUBLIC \"x\" \"y\">\n<!-- - --><a>\n<b c='1 &lt; 2' d=\"\"/> x&amp;\
             <!-- y --><![CDATA[<z>]]>&#65;\n<b/></a>\n",
        );
        let root = root.unwrap();
        assert_eq!((root.name.as_str(), root.text(), root.children.len()), ("a", "x&<z>A", 2));
        let child = root.child("b").unwrap();
        assert_eq!((child.attribute("c"), child.attribute("d"), child.attribute("e")), (Some("1 < 2"), Some(""), None));
        assert!(root.child("c").is_none());
    }

    #[test]
    fn what_is_not_one_plain_document_is_refused() {
        for (text, expected) in [
            ("", "no root element"),
            (" <!-- x -->", "no root element"),
            ("x", "text outside"),
            ("<a/>x", "text outside"),
            ("<a/><b/>", "more than one root"),
            ("<a>", "ends within"),
            ("<a></b>", "expected"),
            ("</a>", "does not match"),
            ("<a b></a>", "attribute"),
            ("<a b='&c;'/>", "c"),
            ("<a>&c;</a>", "refers to \"c\""),
            ("<a>&", "entity"),
            ("<!DOCTYPE a [<!ENTITY c 'd'>]><a>&c;</a>", "declares"),
            ("<!DOCTYPE a PUBLIC \"x\" \"y\" [<!ELEMENT a ANY>]><a/>", "declares"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    /// Each of these took minutes or gigabytes in a parser that counted bytes and nodes alone.
    #[test]
    fn what_is_dear_to_read_is_refused_by_a_count() {
        let spaces: String = (0..4000).map(|i| format!("<a xmlns:n{i}='u{i}'>")).collect();
        let attributes: String = (0..107_000).map(|i| format!(" a{i}=''")).collect();
        let entity = format!("<!DOCTYPE a [<!ENTITY e '{}'>]><a>{}</a>", "x".repeat(1000), "&e;".repeat(1000));
        let deep = format!("{}{}", "<a>".repeat(65), "</a>".repeat(65));
        let at_most = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS - 1));
        let many = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS));
        assert!(matches!(parse(&format!("{spaces}{}", "</a>".repeat(4000))), Err(XmlError::Depth)));
        assert!(matches!(parse(&format!("<a{attributes}/>")), Err(XmlError::Attributes)));
        assert!(matches!(parse(&entity), Err(XmlError::Declarations)));
        assert!(matches!(parse(&deep), Err(XmlError::Depth)));
        assert!(matches!(parse(&many), Err(XmlError::Elements)));
        assert!(parse(&at_most).is_ok() && parse(deep.get(3..deep.len() - 4).unwrap_or_default()).is_ok());
    }

    #[test]
    fn long_names_are_cut_in_messages() {
        let long = "n".repeat(50_000);
        for text in [format!("<{long}></b>"), format!("<a>&{long};</a>"), format!("<a b='&{long};'/>")] {
            let error = parse(&text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(!error.is_empty());
            assert!(error.len() < 500, "{} bytes: {:.200}", error.len(), error);
        }
    }
}
