# The function `words` for scripts: the seed's stdenv has it, and nixpkgs' has not.
{ stdenv }: if stdenv.isSeed or false then "" else builtins.readFile ./words.sh
