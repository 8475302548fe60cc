//! The size of a program's main stack, and imports that may be missing.

use crate::writer::{arm64, library, linked, program, Image};
use static_macho::imports::weak;
use static_macho::macho::commands::Body;
use static_macho::macho::MachO;
use static_macho::sign::{renew, verify};
use static_macho::stack::{set, Refusal};

fn stack(bytes: &[u8]) -> Option<u64> {
    MachO::parse(bytes).unwrap().commands.iter().find_map(|command| match command.body {
        Body::Main { stack, .. } => Some(stack),
        _ => None,
    })
}

#[test]
fn a_stack_of_another_size() {
    for image in [program(), arm64()] {
        let before = image.bytes();
        let after = set(&before, 0x100_0000).unwrap();
        assert_eq!((stack(&before), stack(&after)), (Some(0), Some(0x100_0000)));
        let pages = |bytes: &[u8]| verify(&MachO::parse(bytes).unwrap());
        assert_eq!(pages(&after), pages(&before));
        assert_eq!(pages(&after).unwrap().is_some(), image.signed);
        assert_eq!(before.len(), after.len());
        let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert!(changed <= 8 + 32, "{changed}");
    }
}

#[test]
fn no_stack_of_this_size() {
    assert_eq!(set(&library().bytes(), 0x1000), Err(Refusal::NoProgram));
    assert_eq!(set(&program().bytes(), 0x1001), Err(Refusal::Pages { size: 0x1001, page: 0x1000 }));
    assert_eq!(set(&arm64().bytes(), 0x1000), Err(Refusal::Pages { size: 0x1000, page: 0x4000 }));
    assert!(matches!(set(b"no file", 0x1000), Err(Refusal::Malformed(_))));
}

#[test]
fn a_changed_file_is_signed_anew() {
    let mut bytes = Image { signed: true, ..linked() }.bytes();
    bytes[0x900] ^= 1;
    assert!(verify(&MachO::parse(&bytes).unwrap()).is_err());
    renew(&mut bytes).unwrap();
    assert!(verify(&MachO::parse(&bytes).unwrap()).unwrap().is_some());
}

#[test]
fn weak_imports() {
    let names = |image: &Image| weak(&MachO::parse(&image.bytes()).unwrap()).unwrap();
    assert_eq!(names(&library()), [""; 0]);
    assert_eq!(names(&program()).len(), 1);
}
