# Differences that are known: of which nodes (a pattern for names), in which files (a pattern for OUTPUT/FILE), and why. A check
# fails where another file differs, and where nothing does.
[
  {
    node = "gcc-[0-9].*";
    files = "out/libexec/gcc/[^/]+/[^/]+/cc1(plus)?";
    reason = "for precompiled headers GCC's compilers hold a digest of their object files, which hold the output's own name";
  }
]
