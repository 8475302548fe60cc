//! Trees in memory and their NARs, written from the format's description: what the crate reads and hashes is compared with
//! what this writes.

use std::collections::BTreeMap;

use crate::nix::hash::Sha256;

/// A file tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    File { executable: bool, bytes: Vec<u8> },
    Directory(BTreeMap<Vec<u8>, Node>),
    Symlink(Vec<u8>),
}

impl Node {
    /// A directory that holds files, none of them executable: paths with `/` between components, and texts.
    pub fn of<const N: usize>(files: [(&str, &str); N]) -> Node {
        let mut root = BTreeMap::new();
        for (path, text) in files {
            let (mut directory, mut name) = (&mut root, path);
            while let Some((parent, rest)) = name.split_once('/') {
                let next = directory.entry(parent.as_bytes().to_vec()).or_insert(Node::Directory(BTreeMap::new()));
                let Node::Directory(entries) = next else { panic!("{path}") };
                (directory, name) = (entries, rest);
            }
            directory.insert(name.as_bytes().to_vec(), Node::File { executable: false, bytes: text.into() });
        }
        Node::Directory(root)
    }

    /// Its archive.
    pub fn archive(&self) -> Vec<u8> {
        let mut out = Vec::new();
        text(&mut out, b"nix-archive-1");
        self.write(&mut out);
        out
    }

    /// The SHA-256 and the size of its archive.
    pub fn hash(&self) -> (Sha256, u64) {
        let archive = self.archive();
        (Sha256::of(&archive), archive.len() as u64)
    }

    fn write(&self, out: &mut Vec<u8>) {
        let texts = |out: &mut Vec<u8>, texts: &[&[u8]]| texts.iter().for_each(|it| text(out, it));
        texts(out, &[b"(", b"type"]);
        match self {
            Node::File { executable, bytes } => {
                texts(out, &[b"regular"]);
                if *executable {
                    texts(out, &[b"executable", b""]);
                }
                texts(out, &[b"contents", bytes]);
            }
            Node::Symlink(target) => texts(out, &[b"symlink", b"target", target]),
            Node::Directory(entries) => {
                texts(out, &[b"directory"]);
                for (name, node) in entries {
                    texts(out, &[b"entry", b"(", b"name", name, b"node"]);
                    node.write(out);
                    texts(out, &[b")"]);
                }
            }
        }
        texts(out, &[b")"]);
    }
}

/// Its length, its bytes, and zeros up to a multiple of 8.
fn text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text);
    out.resize(out.len().next_multiple_of(8), 0);
}
