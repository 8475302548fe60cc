# Of what GCC prints with -dumpspecs: the same specs, with mimalloc linked into every program before any library.
before == "*startfile:" { $0 = $0 " %{!shared:mimalloc.o%s}"; found = 1 }
{ print; before = $0 }
END { exit !found }
