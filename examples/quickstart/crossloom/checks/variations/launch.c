/* A derivation's builder that runs the real one under other circumstances:
 *   launch [directory=NAME] [umask=OCTAL] [cores=few] [aslr=on] [set=NAME=VALUE]… -- BUILDER ARG… */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* The directory in which Nix builds is made anew below itself, and everything that names it is told. */
static void move(char *name) {
  const char *variables[] = {"NIX_BUILD_TOP", "TMPDIR", "TEMPDIR", "TMP", "TEMP", "PWD"};
  for (char *part = strtok(name, "/"); part; part = strtok(NULL, "/"))
    if (mkdir(part, 0777) || chdir(part)) fail(part);
  char *place = getcwd(NULL, 0);
  if (!place) fail("getcwd");
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    if (getenv(variables[i])) setenv(variables[i], place, 1);
}

/* One core instead of all, that on which the kernel put this build, so that several builds do not share one. Where there
 * is but one, or Nix is told to use but one, three jobs at once. */
static void reduce(void) {
  cpu_set_t all, one;
  int core = sched_getcpu();
  if (sched_getaffinity(0, sizeof all, &all)) fail("sched_getaffinity");
  const char *jobs = getenv("NIX_BUILD_CORES");
  if (CPU_COUNT(&all) == 1 || (jobs && !strcmp(jobs, "1"))) {
    setenv("NIX_BUILD_CORES", "3", 1);
    return;
  }
  if (core == -1) fail("sched_getcpu");
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  if (sched_setaffinity(0, sizeof one, &one)) fail("sched_setaffinity");
  setenv("NIX_BUILD_CORES", "1", 1);
}

int main(int count, char **args) {
  int at = 1;
  for (; at < count && strcmp(args[at], "--"); at++) {
    char *name = args[at], *value = strchr(name, '=');
    if (!value) return fprintf(stderr, "launch: %s: no value\n", name), 2;
    *value++ = 0;
    if (!strcmp(name, "directory")) {
      move(value);
    } else if (!strcmp(name, "umask")) {
      umask((mode_t)strtol(value, NULL, 8));
    } else if (!strcmp(name, "cores")) {
      reduce();
    } else if (!strcmp(name, "aslr")) {
      /* Nix turns it off for builders. */
      int now = personality(0xffffffff);
      if (now == -1 || personality((unsigned long)now & ~(unsigned long)ADDR_NO_RANDOMIZE) == -1) fail("personality");
    } else if (!strcmp(name, "set")) {
      if (putenv(value)) fail("putenv");
    } else {
      return fprintf(stderr, "launch: %s: no such circumstance\n", name), 2;
    }
  }
  if (at + 1 >= count) return fputs("launch: no builder\n", stderr), 2;
  execv(args[at + 1], args + at + 1);
  fail(args[at + 1]);
}
