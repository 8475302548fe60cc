/* Another machine, for programs that this library is preloaded into: what PRETEND_… in the environment asks for is
 * what libc answers. A static program asks the kernel itself and is told the truth.
 *
 * It names no library and no version of a symbol, so that any glibc of a build can load it, and not the one alone
 * that it was compiled with. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Read once, when the library is loaded: a program may empty its environment afterwards. */
static const char *host, *release, *foreign;
static long ahead;
static int reversed;

__attribute__((constructor)) static void read_settings(void) {
  const char *clock = getenv("PRETEND_CLOCK");
  host = getenv("PRETEND_HOSTNAME");
  release = getenv("PRETEND_KERNEL");
  foreign = getenv("PRETEND_LOCALE");
  reversed = getenv("PRETEND_ORDER") != NULL;
  ahead = clock ? atol(clock) : 0;
}

/* ---- names of the machine ---- */

int uname(struct utsname *name) {
  int result = REAL(uname)(name);
  if (result) return result;
  if (host) snprintf(name->nodename, sizeof name->nodename, "%s", host);
  if (release) {
    snprintf(name->release, sizeof name->release, "%s", release);
    snprintf(name->version, sizeof name->version, "#2 %s", release);
  }
  return 0;
}

int gethostname(char *name, size_t size) {
  if (!host) return REAL(gethostname)(name, size);
  if (strlen(host) >= size) return errno = ENAMETOOLONG, -1;
  strcpy(name, host);
  return 0;
}

/* ---- the clock ----
 * What is now and what files say of themselves are moved alike, and times that are set are moved back: make compares
 * the one with the other. Times of the first day of 1970 are those of the store and no clock's. */

#define DAY 86400
static time_t seen(time_t real) { return real < 0 || real > DAY ? real + ahead : real; }
static time_t kept(time_t shown) { return shown > DAY ? shown - ahead : shown; }
static int of_day(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

time_t time(time_t *place) {
  struct timespec now;
  REAL(clock_gettime)(CLOCK_REALTIME, &now);
  if (place) *place = now.tv_sec + ahead;
  return now.tv_sec + ahead;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = REAL(clock_gettime)(clock, now);
  if (!result && of_day(clock)) now->tv_sec += ahead;
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  int result = REAL(gettimeofday)(now, zone);
  if (!result) now->tv_sec += ahead;
  return result;
}

int timespec_get(struct timespec *now, int base) {
  int result = REAL(timespec_get)(now, base);
  if (result == TIME_UTC) now->tv_sec += ahead;
  return result;
}

/* Whoever waits until a moment would wait for years. Other clocks than the day's count from the machine's start. */
static const struct timespec *until(const struct timespec *moment, struct timespec *space) {
  if (!moment || moment->tv_sec <= ahead) return moment;
  *space = *moment;
  space->tv_sec -= ahead;
  return space;
}
#define WAITS(name, args, call) \
  int name args { \
    struct timespec space; \
    return REAL(name) call; \
  }
#define UNTIL until(moment, &space)
WAITS(pthread_cond_timedwait,
      (pthread_cond_t *restrict c, pthread_mutex_t *restrict m, const struct timespec *restrict moment), (c, m, UNTIL))
WAITS(pthread_cond_clockwait,
      (pthread_cond_t *restrict c, pthread_mutex_t *restrict m, clockid_t k, const struct timespec *restrict moment),
      (c, m, k, UNTIL))
WAITS(pthread_mutex_timedlock, (pthread_mutex_t *restrict m, const struct timespec *restrict moment), (m, UNTIL))
WAITS(sem_timedwait, (sem_t *restrict s, const struct timespec *restrict moment), (s, UNTIL))

#define STAT(name, type, args, call) \
  int name args { \
    int result = REAL(name) call; \
    if (!result && ahead) { \
      s->st_mtim.tv_sec = seen(s->st_mtim.tv_sec); \
      s->st_atim.tv_sec = seen(s->st_atim.tv_sec); \
      s->st_ctim.tv_sec = seen(s->st_ctim.tv_sec); \
    } \
    return result; \
  }
STAT(stat, stat, (const char *restrict path, struct stat *restrict s), (path, s))
STAT(lstat, stat, (const char *restrict path, struct stat *restrict s), (path, s))
STAT(fstat, stat, (int fd, struct stat *s), (fd, s))
STAT(fstatat, stat, (int at, const char *restrict path, struct stat *restrict s, int f), (at, path, s, f))
STAT(stat64, stat64, (const char *restrict path, struct stat64 *restrict s), (path, s))
STAT(lstat64, stat64, (const char *restrict path, struct stat64 *restrict s), (path, s))
STAT(fstat64, stat64, (int fd, struct stat64 *s), (fd, s))
STAT(fstatat64, stat64, (int at, const char *restrict path, struct stat64 *restrict s, int f), (at, path, s, f))
/* What programs call that were compiled before glibc 2.33. */
int __xstat(int, const char *, struct stat *);
int __lxstat(int, const char *, struct stat *);
int __fxstat(int, int, struct stat *);
int __fxstatat(int, int, const char *, struct stat *, int);
int __xstat64(int, const char *, struct stat64 *);
int __lxstat64(int, const char *, struct stat64 *);
int __fxstat64(int, int, struct stat64 *);
int __fxstatat64(int, int, const char *, struct stat64 *, int);
STAT(__xstat, stat, (int v, const char *path, struct stat *s), (v, path, s))
STAT(__lxstat, stat, (int v, const char *path, struct stat *s), (v, path, s))
STAT(__fxstat, stat, (int v, int fd, struct stat *s), (v, fd, s))
STAT(__fxstatat, stat, (int v, int at, const char *path, struct stat *s, int f), (v, at, path, s, f))
STAT(__xstat64, stat64, (int v, const char *path, struct stat64 *s), (v, path, s))
STAT(__lxstat64, stat64, (int v, const char *path, struct stat64 *s), (v, path, s))
STAT(__fxstat64, stat64, (int v, int fd, struct stat64 *s), (v, fd, s))
STAT(__fxstatat64, stat64, (int v, int at, const char *path, struct stat64 *s, int f), (v, at, path, s, f))

int statx(int at, const char *restrict path, int flags, unsigned mask, struct statx *restrict s) {
  int result = REAL(statx)(at, path, flags, mask, s);
  if (!result && ahead) {
    s->stx_mtime.tv_sec = seen(s->stx_mtime.tv_sec);
    s->stx_atime.tv_sec = seen(s->stx_atime.tv_sec);
    s->stx_ctime.tv_sec = seen(s->stx_ctime.tv_sec);
    s->stx_btime.tv_sec = seen(s->stx_btime.tv_sec);
  }
  return result;
}

static const struct timespec *set_ns(const struct timespec from[2], struct timespec to[2]) {
  if (!from) return NULL;
  for (int i = 0; i < 2; i++) {
    to[i] = from[i];
    if (from[i].tv_nsec != UTIME_NOW && from[i].tv_nsec != UTIME_OMIT) to[i].tv_sec = kept(from[i].tv_sec);
  }
  return to;
}
static const struct timeval *set_us(const struct timeval from[2], struct timeval to[2]) {
  if (!from) return NULL;
  for (int i = 0; i < 2; i++) to[i] = (struct timeval){kept(from[i].tv_sec), from[i].tv_usec};
  return to;
}
#define SETS(name, type, args, call) \
  int name args { \
    struct type space[2]; \
    return REAL(name) call; \
  }
SETS(utimensat, timespec, (int at, const char *path, const struct timespec t[2], int f),
     (at, path, set_ns(t, space), f))
SETS(futimens, timespec, (int fd, const struct timespec t[2]), (fd, set_ns(t, space)))
SETS(utimes, timeval, (const char *path, const struct timeval t[2]), (path, set_us(t, space)))
SETS(lutimes, timeval, (const char *path, const struct timeval t[2]), (path, set_us(t, space)))
SETS(futimes, timeval, (int fd, const struct timeval t[2]), (fd, set_us(t, space)))
SETS(futimesat, timeval, (int at, const char *path, const struct timeval t[2]), (at, path, set_us(t, space)))
int utime(const char *path, const struct utimbuf *t) {
  struct utimbuf space;
  if (t) space = (struct utimbuf){kept(t->actime), kept(t->modtime)};
  return REAL(utime)(path, t ? &space : NULL);
}

/* ---- the order of a directory's files ----
 * A directory is read as a whole when its first entry is asked for, and given backwards. */

struct listing {
  _Atomic(DIR *) of;
  size_t count, next;
  struct dirent64 **entries;
};
static struct listing listings[512];

static struct listing *find_listing(DIR *dir) {
  for (size_t i = 0; i < sizeof listings / sizeof *listings; i++)
    if (atomic_load(&listings[i].of) == dir) return &listings[i];
  return NULL;
}

static void forget(DIR *dir) {
  struct listing *listing = find_listing(dir);
  if (!listing) return;
  for (size_t i = 0; i < listing->count; i++) free(listing->entries[i]);
  free(listing->entries);
  listing->entries = NULL;
  listing->count = listing->next = 0;
  atomic_store(&listing->of, NULL);
}

static struct listing *list(DIR *dir) {
  struct listing *listing = find_listing(dir);
  if (listing) return listing;
  for (size_t i = 0; i < sizeof listings / sizeof *listings && !listing; i++) {
    DIR *none = NULL;
    if (atomic_compare_exchange_strong(&listings[i].of, &none, dir)) listing = &listings[i];
  }
  if (!listing) return NULL;
  size_t space = 0;
  struct dirent64 *entry;
  while ((entry = REAL(readdir64)(dir))) {
    if (listing->count == space) {
      space = space ? 2 * space : 64;
      listing->entries = realloc(listing->entries, space * sizeof *listing->entries);
      if (!listing->entries) abort();
    }
    struct dirent64 *copy = malloc(sizeof *copy);
    if (!copy) abort();
    memcpy(copy, entry, entry->d_reclen < sizeof *copy ? entry->d_reclen : sizeof *copy);
    listing->entries[listing->count++] = copy;
  }
  for (size_t i = 0; i < listing->count / 2; i++) {
    struct dirent64 *other = listing->entries[listing->count - 1 - i];
    listing->entries[listing->count - 1 - i] = listing->entries[i];
    listing->entries[i] = other;
  }
  return listing;
}

struct dirent64 *readdir64(DIR *dir) {
  if (!reversed) return REAL(readdir64)(dir);
  int before = errno;
  struct listing *listing = list(dir);
  if (!listing) return REAL(readdir64)(dir);
  errno = before;
  return listing->next < listing->count ? listing->entries[listing->next++] : NULL;
}
/* Both have one layout where pointers have 64 bits. */
struct dirent *readdir(DIR *dir) { return (struct dirent *)readdir64(dir); }

int closedir(DIR *dir) {
  forget(dir);
  return REAL(closedir)(dir);
}
void rewinddir(DIR *dir) {
  forget(dir);
  REAL(rewinddir)(dir);
}
long telldir(DIR *dir) {
  struct listing *listing = reversed ? list(dir) : NULL;
  return listing ? (long)listing->next : REAL(telldir)(dir);
}
void seekdir(DIR *dir, long place) {
  struct listing *listing = reversed ? list(dir) : NULL;
  if (!listing) return REAL(seekdir)(dir, place);
  if (place >= 0 && (size_t)place <= listing->count) listing->next = (size_t)place;
}

/* ---- a locale that orders names as dictionaries do ----
 * The seed has no locale but C. A program that takes its locale from the environment, or by name, is told that it has
 * the one that the variation names, and what it compares is compared without regard to case. */

static int foreign_collation;

static const char *from_environment(void) {
  const char *names[] = {"LC_ALL", "LC_COLLATE", "LANG"};
  for (int i = 0; i < 3; i++) {
    const char *value = getenv(names[i]);
    if (value && *value) return value;
  }
  return "C";
}
static int is_foreign(const char *name) {
  return foreign && strcmp(name && !*name ? from_environment() : name, foreign) == 0;
}

char *setlocale(int category, const char *name) {
  int collates = category == LC_ALL || category == LC_COLLATE;
  if (!name) return collates && foreign_collation ? (char *)foreign : REAL(setlocale)(category, NULL);
  int wanted = is_foreign(name);
  char *result = REAL(setlocale)(category, wanted ? "C" : name);
  if (result && collates) foreign_collation = wanted;
  return result && wanted ? (char *)foreign : result;
}

locale_t newlocale(int mask, const char *name, locale_t base) {
  return REAL(newlocale)(mask, name && is_foreign(name) ? "C" : name, base);
}

int strcoll(const char *a, const char *b) {
  if (!foreign_collation) return REAL(strcoll)(a, b);
  int order = strcasecmp(a, b);
  return order ? order : strcmp(b, a);
}
