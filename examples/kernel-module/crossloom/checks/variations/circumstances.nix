# What may differ between two builds of a node and must not show in it. `launch` is what the builder's process is given,
# `settings` what is exported behind the build environment's own setting up, `pretend` what a preloaded library answers.
{ tools }:
{
  # Another place, of another depth.
  directory.launch = [ "directory=elsewhere/of-another-depth/build" ];
  cores.launch = [ "cores=few" ];
  timezone.settings = [ "TZ=XXX-5:45" ];
  # The seed has no other locale than C: the library orders names as this one does.
  locale = {
    pretend.LOCALE = "de_DE.UTF-8";
    settings = [
      "LC_ALL=de_DE.UTF-8"
      "LANG=de_DE.UTF-8"
    ];
  };
  umask.launch = [ "umask=0077" ];
  home.settings = [
    "HOME=/var/empty/somebody"
    "USER=somebody"
    "LOGNAME=somebody"
  ];
  hostname.pretend.HOSTNAME = "another-machine";
  kernel.pretend.KERNEL = "9.8.7-another";
  # Seven years, five months and some hours later.
  clock.pretend.CLOCK = "234567890";
  # Directories are read backwards.
  order.pretend.ORDER = "reversed";
  # Nix builds without.
  aslr.launch = [ "aslr=on" ];
  # More is installed than was declared: programs that fail and say so, behind all others on PATH, and headers that no
  # part of a kernel may see. A recipe that makes a PATH of its own, as a kernel's does, keeps them out.
  tools.pretend.TOOLS = "${tools}/bin";
}
