//! Files in which cargo looks for its own configuration, as far as they would change a kernel. crossloom builds without them,
//! while cargo in a development shell reads them: the two would make different kernels of the same files. Pure.

use toml::{Table, Value};

use crate::diag::{Wrong, clip, quote};

/// The key by which a kernel is built although such a file has something to say.
pub const IGNORE: &str = "ignore-cargo-config";
/// The places of the file in a folder; the second is the older one.
const PLACES: [&str; 2] = [".cargo/config.toml", ".cargo/config"];
/// Settings of `[unstable]` that crossloom has, too, with the words that it gives them.
const UNSTABLE: [(&str, &[&str]); 2] =
    [("build-std", &["core", "alloc", "compiler_builtins"]), ("build-std-features", &["compiler-builtins-mem"])];

/// Where cargo looks for its configuration when it runs in a folder beside the matrix: there, and in those above.
pub fn paths(folder: &str) -> Vec<String> {
    let mut folders = vec![""];
    folders.extend(folder.match_indices('/').filter_map(|(end, _)| folder.get(..end)));
    folders.push(folder);
    let below =
        |folder: &str, place: &str| if folder.is_empty() { place.to_owned() } else { format!("{folder}/{place}") };
    folders.into_iter().flat_map(|folder| PLACES.map(|place| below(folder, place))).collect()
}

/// Every setting of the file at `path` that a kernel would be built without; `place` is the kernel's table.
pub fn problems(path: &str, bytes: Vec<u8>, place: &str) -> Vec<Wrong> {
    let otherwise = format!("`{IGNORE} = true` builds without the file");
    let wrong = |reason: String| vec![Wrong::new(format!("{} is not TOML: {reason}", quote(path)), otherwise.clone())];
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => return wrong("it is not UTF-8 text".to_owned()),
    };
    let table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(error) => return wrong(clip(&error.message())),
    };
    let problem = |(key, instead): (String, &str)| {
        let message = format!("{} sets {}, and crossloom builds without this file", quote(path), quote(&key));
        Wrong::new(message, format!("{}; or {otherwise}", instead.replace("TABLE", place)))
    };
    lost(&table).into_iter().map(problem).collect()
}

/// The settings that change what is built, and where they belong. What is set for cargo alone, such as aliases, its target
/// folder and its network, and what crossloom sets itself, the target, the linker and the runner, is none.
fn lost(table: &Table) -> Vec<(String, &'static str)> {
    const FLAGS: &str = "move the flags to `rustflags` of TABLE";
    let mut lost = Vec::new();
    for (name, value) in table {
        let below = value.as_table();
        match name.as_str() {
            "build" if below.is_some_and(|build| build.contains_key("rustflags")) => {
                lost.push(("build.rustflags".to_owned(), FLAGS));
            }
            "target" => {
                let targets = below.into_iter().flatten().filter_map(|(target, it)| Some((target, it.as_table()?)));
                for (target, settings) in targets {
                    lost.extend(settings.iter().filter_map(|(key, it)| {
                        let instead = match it {
                            _ if key == "rustflags" => FLAGS,
                            // By the name of a library that a build script links.
                            Value::Table(_) => "leave it to the build script that it overrides",
                            _ => return None,
                        };
                        Some((format!("target.{target}.{key}"), instead))
                    }));
                }
            }
            "env" => lost.push((name.clone(), "move the variables to `env` of TABLE")),
            "profile" => lost.push((name.clone(), "move the profile to the workspace's Cargo.toml")),
            "patch" | "paths" => lost.push((name.clone(), "write it as [patch] into the workspace's Cargo.toml")),
            "include" => lost.push((name.clone(), "write here what the other files hold")),
            "unstable" => {
                let others = below.into_iter().flatten().filter(|(key, value)| !is_set(key, value));
                lost.extend(others.map(|(key, _)| (format!("unstable.{key}"), "remove it: crossloom cannot set it")));
            }
            _ => {}
        }
    }
    lost
}

/// Whether a setting of `[unstable]` asks for nothing but what crossloom sets.
fn is_set(key: &str, value: &Value) -> bool {
    let known = UNSTABLE.iter().find(|(name, _)| *name == key);
    let Some((_, words)) = known else { return key == "panic-abort-tests" && value.as_bool() == Some(true) };
    let is_known = |value: &Value| value.as_str().is_some_and(|word| words.contains(&word));
    value.as_array().is_some_and(|values| values.iter().all(is_known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost_in(text: &str) -> Vec<String> {
        let problems = problems("os/.cargo/config.toml", text.as_bytes().to_vec(), "[bare-metal-kernel.mine]");
        problems.into_iter().map(|wrong| format!("{}: {}", wrong.message, wrong.hint)).collect()
    }

    #[test]
    fn folders_upwards() {
        let all = paths("os/kernel");
        assert_eq!(all.len(), 6);
        assert_eq!(
            [&all[0], &all[2], &all[5]],
            [".cargo/config.toml", "os/.cargo/config.toml", "os/kernel/.cargo/config"]
        );
    }

    #[test]
    fn settings_of_cargo_alone_are_taken() {
        let text = "[alias]\nk = \"run\"\n[build]\ntarget = \"x86_64-unknown-none\"\ntarget-dir = \"../target\"\n\
                    [target.'cfg(target_os = \"none\")']\nrunner = \"qemu\"\nlinker = \"rust-lld\"\n\
                    [unstable]\nbuild-std = [\"core\", \"alloc\"]\nbuild-std-features = [\"compiler-builtins-mem\"]\n\
                    panic-abort-tests = true\n[net]\noffline = true\n";
        assert_eq!(lost_in(text), [""; 0]);
        assert_eq!(lost_in(""), [""; 0]);
    }

    #[test]
    fn settings_that_would_be_lost_are_said() {
        for (text, key, instead) in [
            ("[build]\nrustflags = []\n", "build.rustflags", "`rustflags` of [bare-metal-kernel.mine]"),
            (
                "target.x86_64-unknown-none.rustflags = \"-C a\"\n",
                "target.x86_64-unknown-none.rustflags",
                "`rustflags`",
            ),
            ("[target.x.c]\nrustc-link-lib = [\"c\"]\n", "target.x.c", "build script"),
            ("[env]\nA = \"1\"\n", "env", "`env` of [bare-metal-kernel.mine]"),
            ("[profile.release]\nlto = true\n", "profile", "Cargo.toml"),
            ("paths = [\"../x\"]\n", "paths", "[patch]"),
            ("include = [\"x.toml\"]\n", "include", "here"),
            ("unstable.bindeps = true\n", "unstable.bindeps", "remove"),
            ("unstable.build-std = [\"std\"]\n", "unstable.build-std", "remove"),
        ] {
            let lost = lost_in(text);
            let begin = format!("`os/.cargo/config.toml` sets `{key}`, ");
            assert!(lost.len() == 1 && lost[0].starts_with(&begin) && lost[0].contains(instead), "{text}: {lost:?}");
            assert!(lost[0].ends_with("or `ignore-cargo-config = true` builds without the file"), "{lost:?}");
        }
        assert!(lost_in("(")[0].contains("is not TOML"));
        assert!(problems("x", vec![0xff], "")[0].message.contains("is not UTF-8"));
    }
}
