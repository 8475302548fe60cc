//! `flake.lock`: the pin of nixpkgs, so that a rendered flake needs no network to be read.

use serde_json::{Map, Value, json};

use crate::diag::Reason;

/// nixpkgs as it is pinned in a new `flake.lock`: the release branch of [`crate::tree::NIXPKGS_URL`] on a day of 2026.
/// Two independent public lock files pin this revision with this hash; the tree itself could not be reached.
fn nixpkgs() -> Value {
    json!({
        "locked": {
            "lastModified": 1_778_430_510,
            "narHash": "sha256-Ti+ZBvW6yrWWAg2szExVTwCd4qOJ3KlVr1tFHfyfi8Q=",
            "owner": "NixOS",
            "repo": "nixpkgs",
            "rev": "8fd9daa3db09ced9700431c5b7ad0e8ba199b575",
            "type": "github"
        },
        "original": { "owner": "NixOS", "ref": "nixos-25.11", "repo": "nixpkgs", "type": "github" }
    })
}

/// A `flake.lock` that holds no such thing.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum FlakeLockError {
    #[error("not a flake.lock")]
    Syntax {
        #[source]
        source: Reason,
    },
    #[error("not a flake.lock of format version 7: {missing} is missing or has another type")]
    Shape { missing: &'static str },
}

/// The text of `flake.lock` with nixpkgs pinned. What `old` holds already stays, unknown fields included; its pin of
/// nixpkgs too, unless `update` asks for crossloom's own.
///
/// # Errors
/// [`FlakeLockError`] when `old` is not a lock of version 7.
pub fn with_nixpkgs(old: Option<&str>, update: bool) -> Result<String, FlakeLockError> {
    let mut lock = match old {
        Some(text) => serde_json::from_str(text).map_err(|error| FlakeLockError::Syntax { source: error.into() })?,
        None => json!({ "nodes": { "root": {} }, "root": "root", "version": 7 }),
    };
    let shape = |missing| FlakeLockError::Shape { missing };
    if lock.get("version").and_then(Value::as_u64) != Some(7) {
        return Err(shape("version"));
    }
    let root_name = lock.get("root").and_then(Value::as_str).ok_or(shape("root"))?.to_owned();
    let nodes = lock.get_mut("nodes").and_then(Value::as_object_mut).ok_or(shape("nodes"))?;
    let root = nodes.get_mut(&root_name).and_then(Value::as_object_mut).ok_or(shape("the root node"))?;
    let inputs = root.entry("inputs").or_insert_with(|| Value::Object(Map::new()));
    let inputs = inputs.as_object_mut().ok_or(shape("the root node's inputs"))?;
    let pinned = inputs.entry("nixpkgs").or_insert_with(|| "nixpkgs".into());
    // An input that follows another one is the user's decision, whatever it says.
    if let Some(name) = pinned.as_str().map(str::to_owned)
        && (update || !nodes.contains_key(&name))
    {
        // The pin would take the root's place.
        if name == root_name {
            return Err(shape("a node for nixpkgs"));
        }
        nodes.insert(name, nixpkgs());
        // Nix writes nodes by name.
        nodes.sort_keys();
    }
    let mut text = serde_json::to_string_pretty(&lock).expect("JSON values can be printed");
    text.push('\n');
    Ok(text)
}

/// Whether a `flake.lock` holds nixpkgs as [`with_nixpkgs`] would leave it.
///
/// # Errors
/// As [`with_nixpkgs`].
pub fn pins_nixpkgs(text: &str) -> Result<bool, FlakeLockError> {
    let parsed = |text: &str| {
        serde_json::from_str::<Value>(text).map_err(|error| FlakeLockError::Syntax { source: error.into() })
    };
    Ok(parsed(&with_nixpkgs(Some(text), false)?)? == parsed(text)?)
}

/// The nixpkgs that a `flake.lock` pins for its root: the revision, or the hash of the tree where there is none.
/// Nothing where that cannot be told, as when the input follows another one.
///
/// # Errors
/// [`FlakeLockError::Syntax`] when the text is not JSON.
pub fn pinned_nixpkgs(text: &str) -> Result<Option<String>, FlakeLockError> {
    let lock: Value = serde_json::from_str(text).map_err(|error| FlakeLockError::Syntax { source: error.into() })?;
    let nodes = lock.get("nodes");
    let node = |name: &Value| nodes?.get(name.as_str()?);
    let pinned = || {
        let root = node(lock.get("root")?)?;
        node(root.get("inputs")?.get("nixpkgs")?)?.get("locked")
    };
    let text = |key: &str| Some(pinned()?.get(key)?.as_str()?.to_owned());
    Ok(text("rev").or_else(|| text("narHash")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_lock_pins_nixpkgs_and_stays_as_it_is() {
        let text = with_nixpkgs(None, false).unwrap();
        // Nix has read this one: crossloom is built from it.
        let own: Value = serde_json::from_str(include_str!("../../flake.lock")).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), own);
        assert_eq!(with_nixpkgs(Some(&text), true).unwrap(), text);
    }

    #[test]
    fn what_the_user_pinned_stays() {
        let old = r#"{"nodes":{"nixpkgs":{"locked":{"rev":"mine"},"more":1},"root":{"inputs":{"nixpkgs":"nixpkgs"}}},"root":"root","version":7}"#;
        let kept: Value = serde_json::from_str(&with_nixpkgs(Some(old), false).unwrap()).unwrap();
        assert_eq!(kept, serde_json::from_str::<Value>(old).unwrap());
        assert!(!with_nixpkgs(Some(old), true).unwrap().contains("mine"));
    }

    #[test]
    fn a_root_that_is_its_own_nixpkgs_stays() {
        let old = r#"{"nodes":{"root":{"inputs":{"nixpkgs":"root"}}},"root":"root","version":7}"#;
        assert!(with_nixpkgs(Some(old), true).is_err());
        assert!(with_nixpkgs(Some(old), false).is_ok());
    }

    #[test]
    fn the_pin_is_found() {
        let text = with_nixpkgs(None, false).unwrap();
        let lock: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(pinned_nixpkgs(&text).unwrap().unwrap(), lock["nodes"]["nixpkgs"]["locked"]["rev"]);
        let hash = pinned_nixpkgs(&text.replace("\"rev\"", "\"other\"")).unwrap().unwrap();
        assert!(hash.starts_with("sha256-"), "{hash}");
        for text in ["{}", "[]", r#"{"root":"root","nodes":{"root":{"inputs":{"nixpkgs":["a","nixpkgs"]}}}}"#] {
            assert_eq!(pinned_nixpkgs(text).unwrap(), None, "{text}");
        }
        assert!(pinned_nixpkgs("{").is_err());
    }

    #[test]
    fn what_is_no_lock_is_refused() {
        for text in ["", "[]", "{}", r#"{"version":7}"#, r#"{"version":7,"root":"x","nodes":{}}"#] {
            assert!(with_nixpkgs(Some(text), false).is_err(), "{text}");
        }
    }
}
