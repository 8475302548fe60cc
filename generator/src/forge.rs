//! Commits of git repositories, and the sites that make archives of them.

/// Whether a word is the name of a commit: 40 hexadecimal digits in small letters, as git prints them.
pub fn is_commit(word: &str) -> bool {
    word.len() == 40 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// An address without what it may end in: a slash, or `.git`.
pub fn address(repository: &str) -> &str {
    let address = repository.trim_end_matches('/');
    address.strip_suffix(".git").unwrap_or(address)
}

/// The address of an archive of a commit, where the repository's site is known to make one.
pub fn archive(repository: &str, commit: &str) -> Option<String> {
    let host = repository.strip_prefix("https://")?.split('/').next()?;
    let address = address(repository);
    match host {
        "github.com" | "codeberg.org" | "git.sr.ht" => Some(format!("{address}/archive/{commit}.tar.gz")),
        host if host == "gitlab.com" || host.starts_with("gitlab.") => {
            let name = address.rsplit('/').next().unwrap_or_default();
            Some(format!("{address}/-/archive/{commit}/{name}-{commit}.tar.gz"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_make_archives_of_commits() {
        let of = |repository: &str| archive(repository, "c");
        let github = Some("https://github.com/a/b/archive/c.tar.gz".to_owned());
        for repository in ["https://github.com/a/b", "https://github.com/a/b.git", "https://github.com/a/b/"] {
            assert_eq!(of(repository), github);
        }
        let gitlab = "https://gitlab.example.org/a/b/-/archive/c/b-c.tar.gz";
        assert_eq!(of("https://gitlab.example.org/a/b.git").as_deref(), Some(gitlab));
        assert_eq!(of("https://git.example.org/a/b"), None);
        assert_eq!(of("ssh://github.com/a/b"), None);
    }

    #[test]
    fn a_commit_has_forty_digits() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert!(is_commit(commit));
        assert!(!is_commit(&commit[1..]) && !is_commit(&commit.to_uppercase()) && !is_commit("main"));
    }
}
