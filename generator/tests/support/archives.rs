//! Writers of every form that an SDK comes in. They write what they are told, also what no archive should hold.

use std::io::{Read, Write};

use flate2::Compression;
use sha1::{Digest, Sha1};

/// A member of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    Directory,
    File(Vec<u8>),
    Program(Vec<u8>),
    Symlink(String),
    HardLink(String),
    Device,
    Pipe,
}

/// Members in order, with their paths as the archive has them.
pub type Items = Vec<(String, Item)>;

pub fn file(text: &str) -> Item {
    Item::File(text.as_bytes().to_vec())
}

pub fn link(target: &str) -> Item {
    Item::Symlink(target.to_owned())
}

pub fn items<const N: usize>(items: [(&str, Item); N]) -> Items {
    items.map(|(path, item)| (path.to_owned(), item)).to_vec()
}

/// The same members in a directory.
pub fn below(directory: &str, items: &Items) -> Items {
    items.iter().map(|(path, item)| (format!("{directory}{path}"), item.clone())).collect()
}

const SETTINGS: &str = r#"{"CanonicalName": "macosx15.5", "DisplayName": "macOS 15.5", "Version": "15.5"}"#;

/// What stands in a small macOS SDK, directories left out where a file is in them.
pub fn sdk() -> Items {
    items([
        ("SDKSettings.json", file(SETTINGS)),
        ("SDKSettings.plist", Item::File(b"bplist00 is what Apple delivers beside it".to_vec())),
        ("usr/include/sys/types.h", file("typedef int pid_t;\n")),
        ("usr/include/machine", link("sys")),
        ("usr/include/empty.h", file("")),
        ("usr/lib/libSystem.B.tbd", file("--- !tapi-tbd\n")),
        ("usr/lib/libSystem.tbd", link("libSystem.B.tbd")),
        ("usr/lib/swift", Item::Directory),
        ("usr/bin/xcrun", Item::Program(b"#!/bin/sh\n".to_vec())),
        ("System/Library/Frameworks/CoreFoundation.framework/Versions/A/Headers/CFBase.h", file("/* CF */\n")),
        ("System/Library/Frameworks/CoreFoundation.framework/Versions/Current", link("A")),
        ("System/Library/Frameworks/CoreFoundation.framework/Headers", link("Versions/Current/Headers")),
        ("System/Library/Frameworks/Old.framework", link("../../../System/Library/Frameworks/Gone.framework")),
    ])
}

/// How a tar archive holds names that its header has no room for.
#[derive(Clone, Copy)]
pub enum Long {
    Gnu,
    Pax,
}

pub fn tar(items: &Items) -> Vec<u8> {
    tar_with(items, Long::Pax)
}

pub fn tar_with(items: &Items, long: Long) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, item) in items {
        let (kind, mode, target, bytes): (u8, u32, &str, &[u8]) = match item {
            Item::Directory => (b'5', 0o700, "", b""),
            Item::File(bytes) => (b'0', 0o600, "", bytes),
            Item::Program(bytes) => (b'0', 0o4711, "", bytes),
            Item::Symlink(target) => (b'2', 0o777, target, b""),
            Item::HardLink(target) => (b'1', 0o644, target, b""),
            Item::Device => (b'3', 0o600, "", b""),
            Item::Pipe => (b'6', 0o600, "", b""),
        };
        for (text, gnu, pax) in [(path.as_str(), b'L', "path"), (target, b'K', "linkpath")] {
            if text.len() <= 100 {
                continue;
            }
            match long {
                Long::Gnu => tar_member(&mut out, "././@LongLink", gnu, 0, "", &[text.as_bytes(), b"\0"].concat()),
                Long::Pax => tar_member(&mut out, "PaxHeader", b'x', 0, "", &pax_record(pax, text)),
            }
        }
        tar_member(&mut out, path, kind, mode, target, bytes);
    }
    out.resize(out.len() + 1024, 0);
    out
}

pub fn pax_record(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let length = (1..).find(|length| length.to_string().len() + rest.len() == *length).unwrap();
    format!("{length}{rest}").into_bytes()
}

pub fn tar_member(out: &mut Vec<u8>, path: &str, kind: u8, mode: u32, target: &str, bytes: &[u8]) {
    tar_header(out, path, kind, mode, target, bytes.len() as u64);
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
}

pub fn tar_header(out: &mut Vec<u8>, path: &str, kind: u8, mode: u32, target: &str, size: u64) {
    let mut header = tar::Header::new_ustar();
    let put = |field: &mut [u8], text: &str| {
        let most = text.len().min(field.len());
        field[..most].copy_from_slice(&text.as_bytes()[..most]);
    };
    put(&mut header.as_old_mut().name, path);
    put(&mut header.as_old_mut().linkname, target);
    header.set_mode(mode);
    header.set_size(size);
    header.as_old_mut().linkflag = [kind];
    header.set_cksum();
    out.extend(header.as_bytes());
}

/// Makes headers of a tar archive right again, wherever one may be.
pub fn mend_tar(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cpio {
    Odc,
    Newc,
}

pub fn cpio(items: &Items, form: Cpio) -> Vec<u8> {
    let linked = |item: &Item| match item {
        Item::HardLink(target) => items.iter().position(|(path, _)| path == target),
        _ => None,
    };
    let mut out = Vec::new();
    for (index, (path, item)) in items.iter().enumerate() {
        let (mode, bytes): (u32, &[u8]) = match item {
            Item::Directory => (0o040_700, b""),
            Item::File(bytes) => (0o100_600, bytes),
            Item::Program(bytes) => (0o104_711, bytes),
            Item::Symlink(target) => (0o120_777, target.as_bytes()),
            Item::HardLink(_) => (0o100_600, b""),
            Item::Device => (0o020_600, b""),
            Item::Pipe => (0o010_600, b""),
        };
        let inode = linked(item).unwrap_or(index) + 1;
        let links = 1 + items.iter().filter(|(_, item)| linked(item) == Some(inode - 1)).count();
        cpio_member(&mut out, form, path, mode, inode, links, bytes);
    }
    cpio_member(&mut out, form, "TRAILER!!!", 0, 0, 1, b"");
    out
}

pub fn cpio_member(out: &mut Vec<u8>, form: Cpio, path: &str, mode: u32, inode: usize, links: usize, bytes: &[u8]) {
    let (size, name) = (bytes.len(), path.len() + 1);
    match form {
        Cpio::Odc => {
            let header = format!(
                "070707{:06o}{inode:06o}{mode:06o}{:06o}{:06o}{links:06o}{:06o}{:011o}{name:06o}{size:011o}",
                1, 0, 0, 0, 0
            );
            out.extend(header.as_bytes());
            out.extend(path.as_bytes());
            out.push(0);
            out.extend(bytes);
        }
        Cpio::Newc => {
            let header = format!(
                "070701{inode:08x}{mode:08x}{:08x}{:08x}{links:08x}{:08x}{size:08x}{:08x}{:08x}{:08x}{:08x}{name:08x}{:08x}",
                0, 0, 0, 0, 1, 0, 0, 0
            );
            out.extend(header.as_bytes());
            out.extend(path.as_bytes());
            out.push(0);
            out.resize(out.len().next_multiple_of(4), 0);
            out.extend(bytes);
            out.resize(out.len().next_multiple_of(4), 0);
        }
    }
}

pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    liblzma::read::XzEncoder::new(bytes, 0).read_to_end(&mut packed).unwrap();
    packed
}

/// pbzx of blocks of that size. Those that xz makes no smaller are stored.
pub fn pbzx(bytes: &[u8], block: usize) -> Vec<u8> {
    let mut out = b"pbzx".to_vec();
    out.extend((block as u64).to_be_bytes());
    for chunk in bytes.chunks(block) {
        let packed = xz(chunk);
        let stored = if packed.len() < chunk.len() { packed.as_slice() } else { chunk };
        out.extend((chunk.len() as u64).to_be_bytes());
        out.extend((stored.len() as u64).to_be_bytes());
        out.extend(stored);
    }
    out
}

/// A flat package with these files, at the top or one directory down, as they are.
pub fn pkg(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    pkg_with(files, |toc| toc)
}

/// The same after a change of its table of contents.
pub fn pkg_with(files: &[(&str, Vec<u8>)], change: impl FnOnce(String) -> String) -> Vec<u8> {
    let mut heap = vec![0; 20];
    let mut toc = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xar><toc><checksum style=\"sha1\"><offset>0</offset>\
         <size>20</size></checksum>\n",
    );
    for (id, (path, bytes)) in files.iter().enumerate() {
        let (parent, name) = path.rsplit_once('/').map_or((None, *path), |(parent, name)| (Some(parent), name));
        if let Some(parent) = parent {
            toc.push_str(&format!("<file id=\"d{id}\"><name>{parent}</name><type>directory</type>"));
        }
        let digest: String = Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let (offset, length) = (heap.len(), bytes.len());
        toc.push_str(&format!(
            "<file id=\"{id}\"><data><length>{length}</length><offset>{offset}</offset><size>{length}</size>\
             <encoding style=\"application/octet-stream\"/><extracted-checksum style=\"sha1\">{digest}\
             </extracted-checksum><archived-checksum style=\"sha1\">{digest}</archived-checksum></data>\
             <type>file</type><name>{name}</name></file>\n"
        ));
        if parent.is_some() {
            toc.push_str("</file>");
        }
        heap.extend(bytes);
    }
    toc.push_str("</toc></xar>\n");
    let toc = change(toc);
    let packed = zlib(toc.as_bytes());
    let mut out = b"xar!\0\x1c\0\x01".to_vec();
    out.extend((packed.len() as u64).to_be_bytes());
    out.extend((toc.len() as u64).to_be_bytes());
    out.extend(1_u32.to_be_bytes());
    out.extend(packed);
    out.extend(heap);
    out
}

/// A package with this one payload.
pub fn package(payload: Vec<u8>) -> Vec<u8> {
    pkg(&[("PackageInfo", b"<pkg-info/>".to_vec()), ("Bom", b"BOMStore".to_vec()), ("Payload", payload)])
}
