{
  description = "crossloom's examples: cross toolchains, built from sources";

  # Read only on build machines without a seed.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs = { self, nixpkgs }: import ./examples/quickstart/crossloom { inherit nixpkgs; };
}
