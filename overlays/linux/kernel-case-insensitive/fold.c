/* Makes one directory of this machine take names that differ by case alone for one file, for programs that this library
 * is preloaded into: below $FOLD_ROOT every name is made lower case before libc sees it. Listings therefore show lower
 * case, where macOS would show the name that a file was made with; what is found, overwritten and lost is the same. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether a path lies below the root; the root itself keeps its name. */
static size_t below(const char *path) {
  const char *root = getenv("FOLD_ROOT");
  size_t length = root ? strlen(root) : 0;
  return length && strncmp(path, root, length) == 0 && (path[length] == '/' || !path[length]) ? length : 0;
}

/* PATH as seen from the directory AT, folded into BUFFER if it lies below the root. */
static const char *fold(int at, const char *path, char buffer[PATH_MAX]) {
  char base[PATH_MAX] = "", link[64];
  size_t from = 0;
  if (!path || strlen(path) >= PATH_MAX) return path;
  if (path[0] == '/') {
    from = below(path);
    if (!from) return path;
  } else if (at == AT_FDCWD) {
    if (!getcwd(base, sizeof base) || !below(base)) return path;
  } else {
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t length = readlink(link, base, sizeof base - 1);
    if (length < 0) return path;
    base[length] = 0;
    if (!below(base)) return path;
  }
  strcpy(buffer, path);
  for (char *c = buffer + from; *c; c++)
    if (*c >= 'A' && *c <= 'Z') *c += 'a' - 'A';
  return buffer;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* One that takes a path, seen from the working directory or from the directory AT. */
#define PATH1(name, args, call) \
  int name args { \
    char folded[PATH_MAX]; \
    return REAL(name) call; \
  }
#define F(at) fold(at, path, folded)

PATH1(stat, (const char *restrict path, struct stat *restrict s), (F(AT_FDCWD), s))
PATH1(lstat, (const char *restrict path, struct stat *restrict s), (F(AT_FDCWD), s))
PATH1(stat64, (const char *restrict path, struct stat64 *restrict s), (F(AT_FDCWD), s))
PATH1(lstat64, (const char *restrict path, struct stat64 *restrict s), (F(AT_FDCWD), s))
PATH1(fstatat, (int at, const char *restrict path, struct stat *restrict s, int f), (at, F(at), s, f))
PATH1(fstatat64, (int at, const char *restrict path, struct stat64 *restrict s, int f), (at, F(at), s, f))
PATH1(access, (const char *path, int mode), (F(AT_FDCWD), mode))
PATH1(faccessat, (int at, const char *path, int mode, int f), (at, F(at), mode, f))
PATH1(mkdir, (const char *path, mode_t mode), (F(AT_FDCWD), mode))
PATH1(mkdirat, (int at, const char *path, mode_t mode), (at, F(at), mode))
PATH1(unlink, (const char *path), (F(AT_FDCWD)))
PATH1(rmdir, (const char *path), (F(AT_FDCWD)))
PATH1(unlinkat, (int at, const char *path, int f), (at, F(at), f))
PATH1(chdir, (const char *path), (F(AT_FDCWD)))
PATH1(fchmodat, (int at, const char *path, mode_t mode, int f), (at, F(at), mode, f))
PATH1(fchownat, (int at, const char *path, uid_t u, gid_t g, int f), (at, F(at), u, g, f))
PATH1(utimensat, (int at, const char *path, const struct timespec t[2], int f), (at, F(at), t, f))

/* Those that open take a mode only where they may create. */
#define OPEN(name, args, call) \
  int name args { \
    char folded[PATH_MAX]; \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
      va_list rest; \
      va_start(rest, flags); \
      mode = va_arg(rest, mode_t); \
      va_end(rest); \
    } \
    return REAL(name) call; \
  }
OPEN(open, (const char *path, int flags, ...), (F(AT_FDCWD), flags, mode))
OPEN(open64, (const char *path, int flags, ...), (F(AT_FDCWD), flags, mode))
OPEN(openat, (int at, const char *path, int flags, ...), (at, F(at), flags, mode))
OPEN(openat64, (int at, const char *path, int flags, ...), (at, F(at), flags, mode))
