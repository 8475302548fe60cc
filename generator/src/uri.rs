//! Texts as parts of URIs.

/// A path, or the value of a parameter, as a URI has it: RFC 3986's unreserved characters and `/` stay, and every other byte is
/// written as `%` with two digits.
pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uris() {
        assert_eq!(encoded("a b/é#%.m4"), "a%20b/%C3%A9%23%25.m4");
    }
}
