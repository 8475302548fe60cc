/* The options of a mount as mount(8) takes them, for the modules of both runtimes. */
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>

/*
 * Splits words with commas between them: those that the kernel takes as flags, and the rest, which is the file system's own and
 * goes to `rest`. False if that does not fit into `size` bytes.
 */
static bool mount_options(const char *options, unsigned long *flags, char *rest, size_t size)
{
    static const struct { const char *word; unsigned long flag; } known[] = {
        { "ro", MS_RDONLY },       { "nosuid", MS_NOSUID },   { "nodev", MS_NODEV },     { "noexec", MS_NOEXEC },
        { "sync", MS_SYNCHRONOUS }, { "remount", MS_REMOUNT }, { "noatime", MS_NOATIME }, { "bind", MS_BIND },
        { "rbind", MS_BIND | MS_REC }, { "move", MS_MOVE },
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
            *flags |= known[i].flag;
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
