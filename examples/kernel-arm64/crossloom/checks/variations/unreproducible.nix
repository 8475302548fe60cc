# Nodes that are known not to come out the same: NODE.VARIATION = the reason, `together` included. The check of such a
# pair fails once both builds are identical, so that no entry outlives its reason.
{ }
