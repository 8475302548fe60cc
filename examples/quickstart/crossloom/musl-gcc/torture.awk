# Reads summaries of DejaGnu, and prints for each test and level pass, fail or unsupported, the test's name, and the level,
# between tabs. A test has several results: for its compilation, its run, what the compiler wrote. One that fails is enough.
# The level of a test with options of its own is "own".
/^(PASS|XPASS|XFAIL|KFAIL|FAIL|ERROR|UNRESOLVED|UNTESTED|UNSUPPORTED): / {
  what = $1
  name = $2
  rest = substr($0, index($0, name) + length(name))
  if (name !~ /\//) { name = "dejagnu/" name }
  if (name !~ /torture/) level = "own"
  else if (match(rest, / -O2 -flto .*-fuse-linker-plugin/) || match(rest, / -O2 -flto *$/)) level = "-O2 -flto"
  else if (rest ~ / -flto/) level = "-O2 -flto without the plugin"
  else if (match(rest, / -O[0-9]/)) level = substr(rest, RSTART + 1, 3)
  else level = "own"
  test = name "\t" level
  if (what == "FAIL:" || what == "ERROR:" || what == "UNRESOLVED:") failed[test] = 1
  else if (what == "PASS:" || what == "XPASS:") passed[test] = 1
  seen[test] = 1
}
END {
  for (test in seen) print (test in failed ? "fail" : test in passed ? "pass" : "unsupported") "\t" test
}
