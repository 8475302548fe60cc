# Of what GCC prints with -dumpspecs: the same specs, with `-static -pie` as another name of `-static-pie`. GCC itself takes it
# for `-static` alone, and the program would be at the same addresses in every run. With `-static -static-pie` it takes start files
# of the one and flags of the other.
before == "*self_spec:" { $0 = $0 " %{static:%{pie:%<static %<pie -static-pie}} %{static-pie:%<static}"; found = 1 }
{ print; before = $0 }
END { exit !found }
