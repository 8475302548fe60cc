//! xar, which an Apple package is: a header, a table of contents (XML, packed with zlib), and a heap. The payloads of a
//! package, and of the packages within a package, are read; the rest of it is for the installer.

use std::io::{Read, Seek, SeekFrom};

use flate2::read::ZlibDecoder;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::error::{FORMS, SdkError, damaged, shown};
use super::gauge::{Gauge, Packed};
use super::member::Visit;
use super::stream;
use super::xml::{self, Element};

pub(super) const MAGIC: &[u8] = b"xar!";

/// Bytes of the table of contents, packed and unpacked. A package's has some kilobytes.
const MAX_TOC: u64 = 4 << 20;

/// A file in the heap that is itself an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Payload {
    /// Its place in the package, for messages.
    name: String,
    /// From the heap's beginning, in bytes.
    offset: u64,
    /// Bytes in the heap.
    length: u64,
    /// Whether the heap has it packed with zlib.
    packed: bool,
    /// The digest of what the heap has, in hexadecimal, by its style.
    digest: Option<(Style, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Sha1,
    Sha256,
}

/// Hands every member of every payload over.
pub(super) fn each_member<'g>(
    file: &mut (impl Read + Seek),
    gauge: &'g Gauge<'g>,
    visit: &mut Visit<'_>,
) -> Result<(), SdkError> {
    let failed = |source| SdkError::Read { source };
    let end = file.seek(SeekFrom::End(0)).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let (toc, heap) = table_of_contents(file, gauge)?;
    let payloads = payloads(&toc)?;
    for (part, payload) in payloads.iter().enumerate() {
        let from = heap.checked_add(payload.offset);
        let to = from.and_then(|from| from.checked_add(payload.length));
        let (Some(from), Some(_)) = (from, to.filter(|to| *to <= end)) else { return Err(SdkError::CutShort) };
        if let Some((style, expected)) = &payload.digest {
            file.seek(SeekFrom::Start(from)).map_err(failed)?;
            let found = digest(&mut file.by_ref().take(payload.length), *style).map_err(|error| gauge.error(error))?;
            if found != *expected {
                return Err(damaged(format!("{} is not what the package's table of contents says", payload.name)));
            }
        }
        file.seek(SeekFrom::Start(from)).map_err(failed)?;
        let mut stored = Packed { inner: file.by_ref().take(payload.length), gauge };
        let result = if payload.packed {
            stream::each_member(&mut ZlibDecoder::new(stored), part, gauge, visit)
        } else {
            stream::each_member(&mut stored, part, gauge, visit)
        };
        // The user did not choose this file, so the hint differs if it is not an archive.
        result.map_err(|error| match error {
            SdkError::Form { form, .. } => {
                let hint = format!("unpack it on a Mac with `pkgutil --expand-full`, and name the directory; {FORMS}");
                SdkError::Form { form: format!("a package whose {} is {form}", payload.name), hint }
            }
            other => other,
        })?;
    }
    Ok(())
}

/// The XML, and where the heap begins.
fn table_of_contents(file: &mut impl Read, gauge: &Gauge<'_>) -> Result<(String, u64), SdkError> {
    // Magic, size of the header, version, sizes of the table packed and unpacked, and which checksum: big-endian.
    let mut header = [0; 28];
    file.read_exact(&mut header).map_err(|error| gauge.error(error))?;
    let number = |from: usize, to: usize| {
        let bytes = header.get(from..to).unwrap_or_default();
        bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let (header_size, version, packed, unpacked) = (number(4, 6), number(6, 8), number(8, 16), number(16, 24));
    if version != 1 || header_size < 28 {
        return Err(damaged(format!("its xar header is of version {version} and has {header_size} bytes")));
    }
    if packed > MAX_TOC || unpacked > MAX_TOC {
        return Err(SdkError::TooLarge { limit: format!("a table of contents of {} bytes", packed.max(unpacked)) });
    }
    std::io::copy(&mut file.by_ref().take(header_size - 28), &mut std::io::sink())
        .map_err(|error| gauge.error(error))?;
    let mut stored = Vec::new();
    file.by_ref().take(packed).read_to_end(&mut stored).map_err(|error| gauge.error(error))?;
    if stored.len() as u64 != packed {
        return Err(SdkError::CutShort);
    }
    let mut toc = String::new();
    let read = ZlibDecoder::new(stored.as_slice()).take(unpacked.saturating_add(1)).read_to_string(&mut toc);
    match read {
        Ok(_) if toc.len() as u64 == unpacked => Ok((toc, header_size + packed)),
        Ok(_) => Err(damaged(format!("its table of contents does not have the {unpacked} bytes that it should have"))),
        Err(error) => Err(damaged(format!("its table of contents: {error}"))),
    }
}

fn payloads(toc: &str) -> Result<Vec<Payload>, SdkError> {
    let document = xml::parse(toc).map_err(|error| damaged(format!("its table of contents: {error}")))?;
    let top = || document.child("toc").into_iter().flat_map(files);
    let mut payloads = Vec::new();
    for file in top() {
        // At the top, or in a component package at the top.
        let name = text(file, "name").unwrap_or_default();
        if is_payload(file) {
            payloads.push(payload(file, "Payload".to_owned())?);
        } else if name.ends_with(".pkg") {
            for file in files(file).filter(|file| is_payload(file)) {
                payloads.push(payload(file, format!("{}/Payload", shown(name.as_bytes())))?);
            }
        }
    }
    if payloads.is_empty() {
        let top = |wanted| top().any(|file| text(file, "name") == Some(wanted));
        let (form, hint) = if top("Content") && top("Metadata") {
            let hint = "extract it first (on a Mac by opening it, elsewhere with `unxip`), and name the directory \
                        Xcode.app/Contents/Developer/Platforms/MacOSX.platform/Developer/SDKs";
            ("an .xip file, which Xcode is delivered in", hint)
        } else {
            ("an Apple package without a payload", "take the package that holds the SDK, CLTools_macOS_SDK.pkg")
        };
        return Err(SdkError::Form { form: form.to_owned(), hint: hint.to_owned() });
    }
    Ok(payloads)
}

fn files(of: &Element) -> impl Iterator<Item = &Element> {
    of.children.iter().filter(|child| child.name == "file")
}

fn is_payload(file: &Element) -> bool {
    text(file, "name") == Some("Payload") && text(file, "type") == Some("file")
}

/// The text of a child element.
fn text<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    Some(element.child(name)?.text())
}

fn payload(file: &Element, name: String) -> Result<Payload, SdkError> {
    let missing = |what: &str| damaged(format!("its table of contents does not say {what} {name}"));
    let data = file.child("data").ok_or_else(|| missing("where it has"))?;
    let number = |field| text(data, field).and_then(|text| text.parse::<u64>().ok());
    let (offset, length) = (number("offset"), number("length"));
    let (Some(offset), Some(length)) = (offset, length) else { return Err(missing("where it has")) };
    let style = |field| {
        let element = data.child(field)?;
        Some((element.attribute("style").unwrap_or_default().to_ascii_lowercase(), element.text()))
    };
    let packed = match style("encoding").map(|(style, _)| style).as_deref() {
        None | Some("application/octet-stream") => false,
        Some("application/x-gzip" | "application/zlib") => true,
        Some(other) => return Err(damaged(format!("{name} is packed as {:?}", shown(other.as_bytes())))),
    };
    let digest = style("archived-checksum").and_then(|(style, digest)| {
        let style = match style.as_str() {
            "sha1" => Style::Sha1,
            "sha256" => Style::Sha256,
            // Rarer ones say nothing that the payload's own checksums do not.
            _ => return None,
        };
        Some((style, digest.to_ascii_lowercase()))
    });
    Ok(Payload { name, offset, length, packed, digest })
}

fn digest(reader: &mut dyn Read, style: Style) -> std::io::Result<String> {
    let (mut sha1, mut sha256) = (Sha1::new(), Sha256::new());
    let mut buffer = [0; 64 * 1024];
    loop {
        let count = reader.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        match style {
            Style::Sha1 => sha1.update(bytes),
            Style::Sha256 => sha256.update(bytes),
        }
    }
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(match style {
        Style::Sha1 => hex(&sha1.finalize()),
        Style::Sha256 => hex(&sha256.finalize()),
    })
}
