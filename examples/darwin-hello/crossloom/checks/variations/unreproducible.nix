# Differences that are known: of which nodes (a pattern for names), in which files (a pattern for OUTPUT/FILE), how (a pattern
# for what is said of them), and why. A check fails where anything else differs, and where nothing does.
[
  {
    node = "gcc-[0-9].*";
    files = "out/libexec/gcc/[^/]+/[^/]+/cc1(plus)?";
    # An MD5.
    difference = "content, from byte [0-9]+, line [0-9]+, within ([0-9]|1[0-6]) bytes";
    reason = "for precompiled headers GCC's compilers hold a digest of their object files, which hold the output's own name; nothing else differs";
  }
]
