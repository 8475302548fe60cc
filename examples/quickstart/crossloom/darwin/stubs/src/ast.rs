//! What C headers declare, as clang prints it with `-Xclang -ast-dump`.

use crate::Names;

/// Adds the functions, variables and classes that are declared and not defined: a library has them.
pub fn declared(ast: &str, names: &mut Names) {
    let mut last: Option<String> = None;
    let mut lines = ast.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(node) = line.strip_prefix("|-").or_else(|| line.strip_prefix("`-")) else {
            // A declaration's own name for the linker.
            if let (Some(name), Some(label)) = (&last, label(line)) {
                names.symbols.remove(name);
                names.symbols.insert(label);
                last = None;
            }
            continue;
        };
        last = None;
        if let Some(name) = class(node) {
            // One without anything below it is named alone, and belongs to somebody else.
            if lines.peek().is_some_and(|next| next.starts_with("| ") || next.starts_with("  ")) {
                names.classes.insert(name);
            }
        } else if let Some(name) = linked(node) {
            names.symbols.insert(name.clone());
            last = Some(name);
        }
    }
}

/// `FunctionDecl 0x5 <a.h:1:1, col:20> col:5 used open 'int (int)' extern`
fn linked(node: &str) -> Option<String> {
    let kind = node.split(' ').next()?;
    if !matches!(kind, "FunctionDecl" | "VarDecl") {
        return None;
    }
    let (before, after) = node.split_once(" '")?;
    let name = before.rsplit(' ').next()?;
    let storage = after.rsplit('\'').next()?;
    let own = storage.split(' ').any(|word| matches!(word, "static" | "inline" | "cinit" | "listinit"));
    // A variable without `extern` is the file's own, a function is not.
    let foreign = !own && (kind == "FunctionDecl" || storage.split(' ').any(|word| word == "extern"));
    (foreign && !name.starts_with("__builtin") && is_name(name)).then(|| name.to_owned())
}

fn class(node: &str) -> Option<String> {
    let rest = node.strip_prefix("ObjCInterfaceDecl ")?;
    let name = rest.rsplit(' ').next()?;
    // `implicit` ones are clang's own.
    (is_name(name) && !rest.contains(" implicit ")).then(|| name.to_owned())
}

/// `| `-AsmLabelAttr 0x5 <col:3> "_open$UNIX2003"`, perhaps with more words behind.
fn label(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("AsmLabelAttr ")?;
    let name = rest.split('"').nth(1)?;
    Some(name.strip_prefix('_').unwrap_or(name).to_owned())
}

fn is_name(word: &str) -> bool {
    let mut bytes = word.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_of_others() {
        let mut names = Names::default();
        declared(
            "TranslationUnitDecl 0x1 <<invalid sloc>> <invalid sloc>\n\
             |-TypedefDecl 0x1 <a.h:1:1> col:5 referenced thing 'int'\n\
             |-FunctionDecl 0x2 <line:2:1, col:20> col:5 used shut 'int (int)' extern\n\
             | `-ParmVarDecl 0x3 <col:9> col:12 'int'\n\
             |-FunctionDecl 0x2 <line:3:1, col:20> col:5 open 'int (const char *)'\n\
             | |-ParmVarDecl 0x3 <col:9> col:12 'const char *'\n\
             | `-AsmLabelAttr 0x4 <line:4:3> \"_open$UNIX2003\" IsLiteralLabel\n\
             |-FunctionDecl 0x2 <line:5:1, col:20> col:5 mine 'int (int)' static inline\n\
             |-VarDecl 0x2 <line:6:1, col:20> col:5 version 'int' extern\n\
             |-VarDecl 0x2 <line:7:1, col:20> col:5 own 'int' cinit\n\
             |-ObjCInterfaceDecl 0x5 <line:8:1, col:9> col:12 NSObject\n\
             | `-ObjCMethodDecl 0x6 <col:3> col:3 + new 'id'\n\
             |-ObjCInterfaceDecl 0x5 <line:8:1, col:9> col:12 NSString\n\
             `-FunctionDecl 0x2 <line:9:1, col:20> col:5 late 'void (void)'\n",
            &mut names,
        );
        assert_eq!(names.symbols, ["late", "open$UNIX2003", "shut", "version"].map(str::to_owned).into());
        assert_eq!(names.classes, ["NSObject".to_owned()].into());
    }
}
