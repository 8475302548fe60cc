//! The parts of help texts and manual pages beside the arguments: examples, files, environment and exit status. Each
//! command has a [`Page`] beside its definition.

use clap_mangen::roff::{Inline, Roff, bold, roman};

use crate::families::DEFAULT;

use super::{
    audit, build, diff, digests, edit, export, fetch, format, gc, list, manual, plan, project, push, query, sdk, seed,
    upgrade, verify,
};

/// One command's.
#[derive(Debug)]
pub struct Page {
    /// The command's words after `crossloom`, such as `seed lock`; empty for the program itself.
    pub command: &'static str,
    /// Command lines, each with what it does. `{family}`, `{target}` and `{cell}` stand for those of the first matrix that
    /// `init` writes. Every line is one that the program accepts.
    pub examples: &'static [(&'static str, &'static str)],
    /// The files and variables that the command uses beside its arguments.
    pub uses: &'static [Use],
    /// When it exits 1: a clause that follows `1 if `. Empty where it never does.
    pub found: &'static str,
}

/// Something outside of the program that commands read or write. Files and variables belong to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The matrix and its locks.
    Project,
    /// The rendered folder.
    Rendered,
    /// Nix and its store.
    Nix,
    /// Downloads, their cache and the mirrors.
    Network,
    /// The program itself: every command reads these.
    Always,
}

/// Files and folders. Relative ones are beside the matrix.
const FILES: [(Use, &str, &str); 11] = [
    (Use::Project, "matrix.toml", "the matrix: what is built, and on which machines"),
    (Use::Project, "matrix.lock", "address and hash of every source; NAME.lock for NAME.toml"),
    (Use::Project, "flake.lock", "the pin of nixpkgs, in Nix's own format"),
    (Use::Project, "seeds/SUITE-SYSTEM.json", "a seed lock that replaces the built-in one"),
    (Use::Rendered, "flake.nix", "the flake that crossloom renders"),
    (Use::Rendered, "crossloom/", "the rendered folder: recipes and their calls"),
    (Use::Nix, ".crossloom/", "links that protect fetched files from Nix's garbage collector"),
    (Use::Nix, "/nix/store", "Nix's store"),
    (Use::Network, "~/.config/crossloom/mirrors.toml", "addresses of mirrors"),
    (Use::Network, "~/.cache/crossloom", "downloads"),
    (
        Use::Network,
        "/etc/apt/sources.list.d",
        "where the address of Debian's archive comes from, if mirrors.toml names none",
    ),
];

/// Variables of the environment.
pub const VARIABLES: [(Use, &str, &str); 29] = [
    (
        Use::Always,
        "CROSSLOOM_LOG",
        "log level: error, warn, info (default), debug, trace, off, or MODULE=LEVEL; overrides --quiet",
    ),
    (Use::Always, "CROSSLOOM_COMPLETE", "set by the completion script of a shell, to ask what comes next"),
    (Use::Always, "NO_COLOR", "if it is set, messages have no colours"),
    (Use::Always, "CLICOLOR", "if it is 0, messages have no colours"),
    (Use::Always, "CLICOLOR_FORCE", "if it is set and not 0, messages have colours even if stderr is not a terminal"),
    (Use::Network, "CROSSLOOM_MIRRORS", "path of the mirror file, which has to exist"),
    (Use::Network, "XDG_CACHE_HOME", "folder in which downloads are kept, below crossloom; a relative one is ignored"),
    (
        Use::Network,
        "XDG_CONFIG_HOME",
        "folder of the mirror file and of pip's configuration; a relative one is ignored",
    ),
    (Use::Network, "PIP_INDEX_URL", "as for pip"),
    (Use::Network, "PIP_EXTRA_INDEX_URL", "as for pip"),
    (Use::Network, "PIP_CONFIG_FILE", "as for pip"),
    (Use::Network, "VIRTUAL_ENV", "as for pip"),
    (Use::Network, "CARGO_HOME", "as for cargo"),
    (Use::Network, "HTTP_PROXY", "proxy for http addresses"),
    (Use::Network, "http_proxy", "the same"),
    (Use::Network, "HTTPS_PROXY", "proxy for https addresses"),
    (Use::Network, "https_proxy", "the same"),
    (Use::Network, "ALL_PROXY", "proxy for all addresses"),
    (Use::Network, "all_proxy", "the same"),
    (Use::Network, "NO_PROXY", "hosts for which no proxy is used"),
    (Use::Network, "no_proxy", "the same"),
    (Use::Network, "SSL_CERT_FILE", "CA certificates, if the system has none"),
    (Use::Network, "SSL_CERT_DIR", "the same, as a folder"),
    (Use::Nix, "PATH", "where Nix and helper programs are looked for; entries that are empty or relative are ignored"),
    (Use::Nix, "HOME", "Nix's profile, and the folders of caches and configurations that no other variable names"),
    (Use::Nix, "NIX_CONFIG", "settings for Nix; crossloom appends its own, which win"),
    (Use::Nix, "NIX_REMOTE", "the store that Nix uses"),
    (Use::Nix, "NIX_STORE_DIR", "the folder of Nix's store"),
    (Use::Nix, "NIX_STORE", "the same; NIX_STORE_DIR wins"),
];

/// Every command's page.
pub const PAGES: [&Page; 33] = [
    &super::PAGE,
    &project::INIT,
    &edit::ADD,
    &edit::REMOVE,
    &edit::SYNC,
    &list::PAGE,
    &project::CHECK,
    &project::LOCK,
    &upgrade::OUTDATED,
    &upgrade::UPGRADE,
    &project::GENERATE,
    &fetch::PAGE,
    &plan::PAGE,
    &query::PAGE,
    &diff::PAGE,
    &build::PAGE,
    &push::PAGE,
    &export::PAGE,
    &verify::PAGE,
    &digests::PAGE,
    &build::NIX,
    &gc::PAGE,
    &format::PAGE,
    &audit::PAGE,
    &sdk::PAGE,
    &sdk::IMPORT,
    &seed::PAGE,
    &seed::LOCK,
    &seed::FETCH,
    &seed::SHOW,
    &super::SCHEMA,
    &manual::COMPLETIONS,
    &manual::MAN,
];

impl Page {
    /// The examples with the names of a family that there is.
    fn lines(&self) -> impl Iterator<Item = (String, String)> {
        let about = DEFAULT.about();
        let cell = format!("{}-{}", about.key, about.example_target);
        let names =
            [("{family}", about.key.to_owned()), ("{target}", about.example_target.to_owned()), ("{cell}", cell)];
        let fill = move |text: &str| {
            names.iter().fold(text.to_owned(), |text, (placeholder, name)| text.replace(placeholder, name))
        };
        self.examples.iter().map(move |(line, meaning)| (fill(line), fill(meaning)))
    }

    /// The text that `--help` prints after the options.
    pub fn help(&self) -> String {
        let mut text = String::from("Examples:\n");
        for (line, meaning) in self.lines() {
            text.push_str(&format!("  {line}\n      {meaning}\n"));
        }
        if !self.found.is_empty() {
            text.push_str(&format!("\nExits 1 if {}.", self.found));
        }
        text.trim_end().to_owned()
    }

    /// The sections of the manual page that its command's definition does not give.
    pub fn sections(&self) -> String {
        let uses = |of: Use| of == Use::Always || self.uses.contains(&of);
        let mut roff = Roff::new();
        roff.control("SH", ["EXAMPLES"]);
        for (line, meaning) in self.lines() {
            entry(&mut roff, &line, &meaning);
        }
        let files: Vec<_> = FILES.iter().filter(|(of, ..)| uses(*of)).collect();
        if !files.is_empty() {
            roff.control("SH", ["FILES"]);
            for (_, path, meaning) in files {
                entry(&mut roff, path, meaning);
            }
        }
        roff.control("SH", ["ENVIRONMENT"]);
        for (_, name, meaning) in VARIABLES.iter().filter(|(of, ..)| uses(*of)) {
            entry(&mut roff, name, meaning);
        }
        roff.control("SH", ["EXIT STATUS"]);
        entry(&mut roff, "0", "all is well");
        if !self.found.is_empty() {
            entry(&mut roff, "1", self.found);
        }
        entry(&mut roff, "2", "an error, also of the command line, of a download or of a build");
        // The page has the lines that every text begins with already.
        roff.render().replacen(&Roff::new().render(), "", 1)
    }
}

/// A term, with its meaning indented below it.
fn entry(roff: &mut Roff, term: &str, meaning: &str) {
    let of = |inline: Inline| vec![inline];
    roff.control("TP", []).text(of(bold(term))).text(of(roman(meaning)));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    /// The words of every command below one.
    fn commands(command: &clap::Command, words: &str, all: &mut Vec<String>) {
        all.push(words.trim().to_owned());
        for sub in command.get_subcommands() {
            commands(sub, &format!("{words} {}", sub.get_name()), all);
        }
    }

    #[test]
    fn every_command_has_a_page_and_every_example_is_accepted() {
        let mut all = Vec::new();
        commands(&manual::command(), "", &mut all);
        let pages: Vec<&str> = PAGES.iter().map(|page| page.command).collect();
        let sorted = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(sorted(pages), all.into_iter().collect());
        for page in PAGES {
            assert!(!page.examples.is_empty(), "{}", page.command);
            for (line, meaning) in page.lines() {
                let words: Vec<&str> = line.split_whitespace().collect();
                assert!(line.starts_with(format!("crossloom {}", page.command).trim_end()), "{line}");
                if let Err(error) = Cli::try_parse_from(&words) {
                    panic!("{line}: {error}");
                }
                assert!(meaning.len() + 6 <= 100 && line.len() + 2 <= 100, "{line}: {meaning}");
            }
        }
        // A line that the program does not accept would be seen.
        assert!(Cli::try_parse_from(["crossloom", "add"]).is_err());
    }

    /// Names of variables in the text of a source file: those that stand in quotes after a call that reads one.
    fn variables(text: &str) -> BTreeSet<String> {
        const CALLS: [&str; 8] = [
            "var_os(\"",
            "var(\"",
            "machine.path(\"",
            "self.path(\"",
            "set(\"",
            "text(\"",
            "env.get(\"",
            "LOG: &str = \"",
        ];
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut found = BTreeSet::new();
        for call in CALLS {
            for after in product.split(call).skip(1) {
                let name = after.split('"').next().unwrap_or_default();
                let upper = |c: char| c.is_ascii_uppercase() || c == '_';
                if name.len() > 3 && name.chars().all(upper) {
                    found.insert(name.to_owned());
                }
            }
        }
        found
    }

    fn sources(folder: &Path, all: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, all);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("families/contract.rs") {
                all.push(fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn every_variable_that_is_read_is_listed_everywhere() {
        let mut texts = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
        let read: BTreeSet<String> = texts.iter().flat_map(|text| variables(text)).collect();
        // The search finds each of the ways in which the program reads one.
        for known in ["PATH", "NIX_CONFIG", "CROSSLOOM_MIRRORS", "PIP_INDEX_URL", "XDG_CACHE_HOME", "CROSSLOOM_LOG"] {
            assert!(read.contains(known), "{known}: {read:?}");
        }
        let listed: BTreeSet<String> = VARIABLES.iter().map(|(_, name, _)| (*name).to_owned()).collect();
        assert_eq!(listed.len(), VARIABLES.len());
        let missing: Vec<_> = read.difference(&listed).collect();
        assert!(missing.is_empty(), "not in VARIABLES: {missing:?}");
        let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/commands.md");
        let manual = fs::read_to_string(manual).unwrap();
        let upper = listed.iter().filter(|name| !name.contains(char::is_lowercase));
        let missing: Vec<_> = upper.filter(|name| !manual.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "not in docs/reference/commands.md: {missing:?}");
    }
}
