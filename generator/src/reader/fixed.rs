//! Flags that a matrix may not give, since a recipe sets them.

/// Flags of a configure script that a recipe sets, and that a matrix may not set again: the last one would win.
pub struct Fixed {
    /// As the recipe writes them, without values: `--prefix`, `--enable-languages`, `--with-sysroot`.
    pub flags: &'static [&'static str],
    /// The hint: what the user can do instead.
    pub instead: &'static str,
}

impl Fixed {
    /// Whether a configure script would take `flag` for one of these. It reads one dash as two, `--disable-x` as
    /// `--enable-x=no` and `--without-x` as `--with-x=no`, and after two dashes the beginning of any other name as the
    /// whole.
    pub fn covers(&self, flag: &str) -> bool {
        let (feature, name) = parts(flag);
        self.flags.iter().any(|fixed| match (feature, parts(fixed)) {
            (None, (None, fixed)) if flag.starts_with("--") => !name.is_empty() && fixed.starts_with(name),
            (feature, fixed) => (feature, name) == fixed,
        })
    }
}

/// A flag's kind, if it is about a feature or a package, and its name.
fn parts(flag: &str) -> (Option<&'static str>, &str) {
    let name = flag.trim_start_matches('-').split('=').next().unwrap_or_default();
    let kinds = [("enable-", "enable"), ("disable-", "enable"), ("with-", "with"), ("without-", "with")];
    let found = kinds.into_iter().find_map(|(start, kind)| Some((Some(kind), name.strip_prefix(start)?)));
    found.unwrap_or((None, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_known_in_every_spelling_of_configure() {
        let fixed = Fixed { flags: &["--prefix", "--enable-languages", "--with-sysroot"], instead: "" };
        for flag in [
            "--prefix=/x",
            "--prefix",
            "-prefix=/x",
            "--pre=/x",
            "--enable-languages=c,ada",
            "--disable-languages",
            "-enable-languages",
            "--with-sysroot",
            "--without-sysroot",
        ] {
            assert!(fixed.covers(flag), "{flag}");
        }
        for flag in [
            "--prefixes",
            "-p",
            "-",
            "--",
            "--enable-lang=c",
            "--with-languages",
            "--sysroot=/",
            "-x",
            "--with-prefix=1",
        ] {
            assert!(!fixed.covers(flag), "{flag}");
        }
    }
}
