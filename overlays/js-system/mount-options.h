/* The options of a mount as mount(8) takes them, for the modules of both runtimes. */
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>

/*
 * Splits words with commas between them: those that mount(8) makes flags of, and the rest, which is the file system's own and
 * goes to `rest`. Of words that contradict each other, the last counts. False if the rest does not fit into `size` bytes.
 */
static bool mount_options(const char *options, unsigned long *flags, char *rest, size_t size)
{
    static const struct { const char *word; unsigned long set, clear; } known[] = {
        { "defaults", 0, 0 },
        { "ro", MS_RDONLY, 0 },
        { "rw", 0, MS_RDONLY },
        { "nosuid", MS_NOSUID, 0 },
        { "suid", 0, MS_NOSUID },
        { "nodev", MS_NODEV, 0 },
        { "dev", 0, MS_NODEV },
        { "noexec", MS_NOEXEC, 0 },
        { "exec", 0, MS_NOEXEC },
        { "sync", MS_SYNCHRONOUS, 0 },
        { "async", 0, MS_SYNCHRONOUS },
        { "dirsync", MS_DIRSYNC, 0 },
        { "noatime", MS_NOATIME, 0 },
        { "atime", 0, MS_NOATIME },
        { "nodiratime", MS_NODIRATIME, 0 },
        { "diratime", 0, MS_NODIRATIME },
        { "relatime", MS_RELATIME, 0 },
        { "strictatime", MS_STRICTATIME, 0 },
        { "remount", MS_REMOUNT, 0 },
        { "bind", MS_BIND, 0 },
        { "rbind", MS_BIND | MS_REC, 0 },
        { "move", MS_MOVE, 0 },
    };
    size_t used = 0;

    *flags = 0;
    *rest = '\0';
    while (*options != '\0') {
        size_t length = strcspn(options, ","), i;

        for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            if (strlen(known[i].word) == length && memcmp(known[i].word, options, length) == 0) break;
        }
        if (i < sizeof(known) / sizeof(known[0])) {
            *flags = (*flags & ~known[i].clear) | known[i].set;
        } else if (length > 0) {
            if (used + length + 2 > size) return false;
            if (used > 0) rest[used++] = ',';
            memcpy(rest + used, options, length);
            used += length;
            rest[used] = '\0';
        }
        options += length;
        if (*options == ',') options++;
    }
    return true;
}
