//! Programs of others that crossloom runs by name: where they are, and what they find on PATH themselves.
//!
//! Only absolute entries of PATH count. An empty or relative one means the working directory or a folder below it, which
//! may be a project that somebody else wrote: a file `getent` there would otherwise run, and run as root.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The absolute entries of a PATH, in its order.
pub fn absolute(path: &OsStr) -> Vec<PathBuf> {
    env::split_paths(path).filter(|directory| directory.is_absolute()).collect()
}

/// A PATH without its relative entries.
pub fn cleaned(path: &OsStr) -> OsString {
    // These entries came out of a PATH, so they can be put into one.
    env::join_paths(absolute(path)).unwrap_or_default()
}

/// Whether this is a file that somebody may execute.
pub fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0)
}

/// The place of a program on PATH.
fn find(path: &OsStr, name: &str) -> Option<PathBuf> {
    absolute(path).into_iter().map(|directory| directory.join(name)).find(|program| is_program(program))
}

/// A command that runs the program of this name; none where PATH has none. What that program runs in turn is looked up
/// in absolute entries alone, too.
pub fn command(name: &str) -> Option<Command> {
    command_on(&env::var_os("PATH")?, name)
}

fn command_on(path: &OsStr, name: &str) -> Option<Command> {
    let mut command = Command::new(find(path, name)?);
    command.env("PATH", cleaned(path));
    Some(command)
}

/// A git command for the repository that a folder lies in, even if crossloom runs in a hook of another one. None if there is
/// no git. Programs that the repository's settings name are not run.
pub fn git(dir: &Path) -> Option<Command> {
    let mut git = command("git")?;
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"] {
        git.env_remove(variable);
    }
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    git.arg("-C").arg(dir).args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]);
    git.stdin(Stdio::null());
    Some(git)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn git_is_asked_about_the_folder_alone() {
        let git = git(Path::new("")).unwrap();
        let envs: Vec<_> = git.get_envs().collect();
        assert!(envs.contains(&(OsStr::new("GIT_DIR"), None)), "{envs:?}");
        assert_eq!(git.get_args().take(2).collect::<Vec<_>>(), ["-C", "."]);
    }

    #[test]
    fn empty_and_relative_entries_are_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("getent");
        fs::write(&program, "#!/bin/sh\n").unwrap();
        let absolute = directory.path().to_str().unwrap();
        // The same folder as a relative entry: from the working directory up to the root and down again.
        let depth = env::current_dir().unwrap().components().count();
        let relative = format!("{}{}", "../".repeat(depth), absolute.trim_start_matches('/'));
        assert!(Path::new(&relative).join("getent").is_file(), "{relative}");
        let found = |path: &str| find(OsStr::new(path), "getent");
        assert_eq!(found(absolute), None, "what nobody may execute is not a program");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(found(absolute).as_deref(), Some(program.as_path()));
        for path in ["", ":", ".", relative.as_str()] {
            assert_eq!(found(path), None, "{path:?}");
        }
        assert_eq!(found(&format!(":.:{relative}:{absolute}")).as_deref(), Some(program.as_path()));
        let command = command_on(OsStr::new(&format!(".:{absolute}::bin")), "getent").unwrap();
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value);
        assert_eq!(path, Some(OsStr::new(absolute)));
    }
}
