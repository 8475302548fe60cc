# The scope of a rendered folder's bookworm seed, for checks that build what no matrix names.
{ folder, system }:
import (folder + "/seed") {
  lock = builtins.fromJSON (builtins.readFile (folder + "/seed/bookworm-${system}.json"));
}
