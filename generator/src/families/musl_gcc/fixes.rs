//! The security fixes for musl that Debian publishes: which of its patches each release needs.

use crate::catalogue::{Origin, Package, Release};

/// Debian's own files for its package of musl. The fixes are taken from this archive.
pub const MUSL_DEBIAN: Package = Package::new("musl-debian");

/// A patch in Debian's archive.
struct Patch {
    file: &'static str,
    /// The releases of musl that it is applied to. It is in later ones already.
    releases: &'static [&'static str],
}

/// Every patch of the archive's `series`. The recipe stops at one that is not in this table, so that a newer archive cannot
/// bring a fix that nobody looks at.
const PATCHES: [Patch; 6] = [
    // It changes specs of a wrapper around a compiler for another libc, which is not installed here.
    Patch { file: "static-pie.patch", releases: &[] },
    // CVE-2025-26519: out-of-bounds writes in iconv.
    Patch {
        file: "CVE-2025-26519-0001_iconv_fix_erroneous_input_validation_in_EUC_KR_decod.patch",
        releases: &["1.2.5"],
    },
    Patch {
        file: "CVE-2025-26519-0002_iconv_harden_UTF_8_output_code_path_against_input_de.patch",
        releases: &["1.2.5"],
    },
    // A function that 1.2.6 brought: programs that use it would not build with upstream's 1.2.5.
    Patch { file: "renameat2.patch", releases: &[] },
    // CVE-2026-6042: seconds for each character in iconv's GB18030 decoder, and wrong characters.
    Patch { file: "0001-fix-pathological-slowness-incorrect-mappings-in-icon.patch", releases: &["1.2.5", "1.2.6"] },
    // CVE-2026-40200: stack corruption in qsort.
    Patch { file: "0002-qsort-fix-leonardo-heap-corruption-from-bug-in-doubl.patch", releases: &["1.2.5", "1.2.6"] },
];

/// The patches to apply to a release, and those to leave out. None where nobody knows what the release lacks: it is an
/// archive or a git tree of the user's.
pub fn fixes(musl: &Release) -> Option<[Vec<String>; 2]> {
    if musl.own().is_some_and(|own| own.origin != Origin::Release) {
        return None;
    }
    let is_fix = |patch: &&Patch| patch.releases.contains(&musl.upstream());
    let (applied, left): (Vec<_>, Vec<_>) = PATCHES.iter().partition(is_fix);
    let names = |patches: Vec<&Patch>| patches.into_iter().map(|patch| patch.file.to_owned()).collect();
    Some([names(applied), names(left)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::musl_gcc::MUSL;

    /// A release that the table forgets would be built without any fix.
    #[test]
    fn every_release_has_its_fixes() {
        for release in MUSL.releases() {
            let [applied, left] = fixes(release).unwrap();
            let both = ["0001-fix-path", "0002-qsort"];
            assert!(
                both.iter().all(|name| applied.iter().any(|file| file.starts_with(name))),
                "{release:?}: {applied:?}"
            );
            assert_eq!(applied.len() + left.len(), PATCHES.len(), "{release:?}");
            assert!(left.iter().any(|file| file == "renameat2.patch"), "{release:?}: {left:?}");
        }
        let count = |version| MUSL.release(version).and_then(fixes).map(|[applied, _]| applied.len());
        assert_eq!((count("1.2.5"), count("1.2.6")), (Some(4), Some(2)));
        for patch in PATCHES {
            assert!(patch.releases.iter().all(|version| MUSL.release(version).is_some()), "{}", patch.file);
        }
    }
}
