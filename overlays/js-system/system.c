/*
 * The module `qjs:system`: what a first process needs of the kernel and QuickJS's own modules lack, and the way in which
 * names of packages become files. Everything else is JavaScript.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "mount-options.h"
#include "quickjs.h"
#include "quickjs-libc.h"
#include "system.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The error of the last call, as an exception that says what was tried. */
static JSValue failed(JSContext *ctx, const char *what, const char *object)
{
    int number = errno;
    JSValue error = JS_NewError(ctx);
    char message[PATH_MAX + 200];

    snprintf(message, sizeof(message), "%s%s%s: %s", what, *object ? " " : "", object, strerror(number));
    JS_DefinePropertyValueStr(ctx, error, "message", JS_NewString(ctx, message),
                              JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_DefinePropertyValueStr(ctx, error, "errno", JS_NewInt32(ctx, number), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    return JS_Throw(ctx, error);
}

/* mount(source, target, type, options = ""): options as mount(8) takes them, such as "ro,size=10m". */
static JSValue js_mount(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    const char *source = JS_ToCString(ctx, argv[0]);
    const char *target = JS_ToCString(ctx, argv[1]);
    const char *type = JS_ToCString(ctx, argv[2]);
    const char *options = argc > 3 && !JS_IsUndefined(argv[3]) ? JS_ToCString(ctx, argv[3]) : NULL;
    char data[PATH_MAX];
    unsigned long flags;
    JSValue result = JS_EXCEPTION;

    if (source && target && type) {
        if (!mount_options(options ? options : "", &flags, data, sizeof(data))) {
            result = JS_ThrowRangeError(ctx, "the options of mount are too long");
        } else {
            result = mount(source, target, type, flags, data) < 0 ? failed(ctx, "mount", target) : JS_UNDEFINED;
        }
    }
    JS_FreeCString(ctx, source);
    JS_FreeCString(ctx, target);
    JS_FreeCString(ctx, type);
    JS_FreeCString(ctx, options);
    return result;
}

/* umount(target) */
static JSValue js_umount(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    const char *target = JS_ToCString(ctx, argv[0]);
    JSValue result;

    if (!target) return JS_EXCEPTION;
    result = umount(target) < 0 ? failed(ctx, "umount", target) : JS_UNDEFINED;
    JS_FreeCString(ctx, target);
    return result;
}

/* reboot("poweroff" | "restart" | "halt"): at once; whoever calls it has ended all other processes. */
static JSValue js_reboot(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    static const struct { const char *word; int command; } commands[] = {
        { "poweroff", RB_POWER_OFF }, { "restart", RB_AUTOBOOT }, { "halt", RB_HALT_SYSTEM }
    };
    const char *word = JS_ToCString(ctx, argv[0]);
    JSValue result = JS_UNDEFINED;
    size_t i;

    if (!word) return JS_EXCEPTION;
    for (i = 0; i < COUNT(commands) && strcmp(word, commands[i].word) != 0; i++)
        ;
    if (i == COUNT(commands)) {
        result = JS_ThrowRangeError(ctx, "reboot knows poweroff, restart and halt, not '%s'", word);
    } else {
        sync();
        if (reboot(commands[i].command) < 0) result = failed(ctx, "reboot", word);
    }
    JS_FreeCString(ctx, word);
    return result;
}

/* setHostName(name) */
static JSValue js_set_host_name(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t length;
    const char *name = JS_ToCStringLen(ctx, &length, argv[0]);
    JSValue result;

    if (!name) return JS_EXCEPTION;
    result = sethostname(name, length) < 0 ? failed(ctx, "sethostname", name) : JS_UNDEFINED;
    JS_FreeCString(ctx, name);
    return result;
}

/* setTime(seconds): sets the system's clock, in seconds since 1970. */
static JSValue js_set_time(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    double seconds;
    struct timespec time;

    if (JS_ToFloat64(ctx, &seconds, argv[0])) return JS_EXCEPTION;
    if (!(seconds >= 0 && seconds < 1e11)) return JS_ThrowRangeError(ctx, "a time is in seconds since 1970");
    time.tv_sec = seconds;
    time.tv_nsec = (seconds - time.tv_sec) * 1e9;
    return clock_settime(CLOCK_REALTIME, &time) < 0 ? failed(ctx, "clock_settime", "") : JS_UNDEFINED;
}

/* interfaceUp(name): starts a network interface. */
static JSValue js_interface_up(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    const char *name = JS_ToCString(ctx, argv[0]);
    struct ifreq request = { 0 };
    JSValue result = JS_UNDEFINED;
    int fd;

    if (!name) return JS_EXCEPTION;
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0) {
        result = failed(ctx, "interface", name);
    } else {
        request.ifr_flags |= IFF_UP;
        if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) result = failed(ctx, "interface", name);
    }
    if (fd >= 0) close(fd);
    JS_FreeCString(ctx, name);
    return result;
}

/* session(): a session of its own, with the terminal at descriptor 0, so that Ctrl-C reaches this process. */
static JSValue js_session(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    if (setsid() < 0) return failed(ctx, "setsid", "");
    if (ioctl(0, TIOCSCTTY, 1) < 0) return failed(ctx, "the controlling terminal", "");
    return JS_UNDEFINED;
}

/* become(uid, gid): gives up the rights of the first user for good. */
static JSValue js_become(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint32_t uid, gid;

    if (JS_ToUint32(ctx, &uid, argv[0]) || JS_ToUint32(ctx, &gid, argv[1])) return JS_EXCEPTION;
    if (setgroups(0, NULL) < 0 || setgid(gid) < 0 || setuid(uid) < 0) return failed(ctx, "become", "");
    return JS_UNDEFINED;
}

/* chown(path, uid, gid) and chmod(path, mode) */
static JSValue js_chown(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint32_t uid, gid;
    const char *path;
    JSValue result;

    if (JS_ToUint32(ctx, &uid, argv[1]) || JS_ToUint32(ctx, &gid, argv[2])) return JS_EXCEPTION;
    path = JS_ToCString(ctx, argv[0]);
    if (!path) return JS_EXCEPTION;
    result = lchown(path, uid, gid) < 0 ? failed(ctx, "chown", path) : JS_UNDEFINED;
    JS_FreeCString(ctx, path);
    return result;
}

static JSValue js_chmod(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint32_t mode;
    const char *path;
    JSValue result;

    if (JS_ToUint32(ctx, &mode, argv[1])) return JS_EXCEPTION;
    path = JS_ToCString(ctx, argv[0]);
    if (!path) return JS_EXCEPTION;
    result = chmod(path, mode) < 0 ? failed(ctx, "chmod", path) : JS_UNDEFINED;
    JS_FreeCString(ctx, path);
    return result;
}

/* listen(port, address = "0.0.0.0"): a descriptor that accept() takes. */
static JSValue js_listen(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    const char *host = argc > 1 && !JS_IsUndefined(argv[1]) ? JS_ToCString(ctx, argv[1]) : NULL;
    uint32_t port;
    JSValue result;
    char place[80];
    int fd, yes = 1;

    if (JS_ToUint32(ctx, &port, argv[0])) return JS_EXCEPTION;
    snprintf(place, sizeof(place), "at %s, port %u", host ? host : "every address", port);
    address.sin_port = htons(port);
    if (port > 65535 || (host && inet_pton(AF_INET, host, &address.sin_addr) != 1)) {
        result = JS_ThrowRangeError(ctx, "cannot listen %s: not an address", place);
    } else {
        /* A client that goes away must not end the server. */
        signal(SIGPIPE, SIG_IGN);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
            bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 64) < 0) {
            result = failed(ctx, "cannot listen", place);
            if (fd >= 0) close(fd);
        } else {
            result = JS_NewInt32(ctx, fd);
        }
    }
    JS_FreeCString(ctx, host);
    return result;
}

/* A peer that stops reading or writing holds nothing up for longer than this. */
static void limit_waiting(int fd)
{
    struct timeval limit = { .tv_sec = 10 };

    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

/* accept(fd): the descriptor of a connection. */
static JSValue js_accept(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t fd;
    int connection;

    if (JS_ToInt32(ctx, &fd, argv[0])) return JS_EXCEPTION;
    connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) return failed(ctx, "accept", "");
    limit_waiting(connection);
    return JS_NewInt32(ctx, connection);
}

/* Calls `use` with every address of a host until it returns true. */
static JSValue each_address(JSContext *ctx, const char *host, const char *port, bool (*use)(void *, struct addrinfo *),
                            void *opaque)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *it;
    int status = getaddrinfo(host, port, &hints, &list);

    if (status) return JS_ThrowReferenceError(ctx, "cannot find %s: %s", host, gai_strerror(status));
    for (it = list; it && !use(opaque, it); it = it->ai_next)
        ;
    freeaddrinfo(list);
    return JS_UNDEFINED;
}

static bool connect_to(void *opaque, struct addrinfo *it)
{
    int *result = opaque;
    int fd = socket(it->ai_family, it->ai_socktype | SOCK_CLOEXEC, it->ai_protocol);

    if (fd < 0) return false;
    limit_waiting(fd);
    if (connect(fd, it->ai_addr, it->ai_addrlen) < 0) {
        int number = errno;

        close(fd);
        errno = number;
        return false;
    }
    *result = fd;
    return true;
}

/* connect(host, port): the descriptor of a connection. It waits for names and peers. */
static JSValue js_connect(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    const char *host = JS_ToCString(ctx, argv[0]);
    const char *port = JS_ToCString(ctx, argv[1]);
    JSValue result = JS_EXCEPTION;
    int fd = -1;

    if (host && port) {
        result = each_address(ctx, host, port, connect_to, &fd);
        if (!JS_IsException(result)) result = fd < 0 ? failed(ctx, "cannot connect to", host) : JS_NewInt32(ctx, fd);
    }
    JS_FreeCString(ctx, host);
    JS_FreeCString(ctx, port);
    return result;
}

struct addresses {
    JSContext *ctx;
    JSValue array;
    uint32_t count;
};

static bool add_address(void *opaque, struct addrinfo *it)
{
    struct addresses *addresses = opaque;
    char text[NI_MAXHOST];

    if (!getnameinfo(it->ai_addr, it->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST)) {
        JS_SetPropertyUint32(addresses->ctx, addresses->array, addresses->count++,
                             JS_NewString(addresses->ctx, text));
    }
    return false;
}

/* lookup(host): its addresses. */
static JSValue js_lookup(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    const char *host = JS_ToCString(ctx, argv[0]);
    struct addresses addresses = { ctx, JS_NewArray(ctx), 0 };
    JSValue result;

    result = host ? each_address(ctx, host, NULL, add_address, &addresses) : JS_EXCEPTION;
    JS_FreeCString(ctx, host);
    if (JS_IsException(result)) {
        JS_FreeValue(ctx, addresses.array);
        return result;
    }
    return addresses.array;
}

/* evaluate(text, name): the value of a script; messages call it by the name. */
static JSValue js_evaluate(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t length;
    const char *text = JS_ToCStringLen(ctx, &length, argv[0]);
    const char *name = JS_ToCString(ctx, argv[1]);
    JSValue result = JS_EXCEPTION;

    if (text && name) result = JS_Eval(ctx, text, length, name, JS_EVAL_TYPE_GLOBAL);
    JS_FreeCString(ctx, text);
    JS_FreeCString(ctx, name);
    return result;
}

/*
 * Names of modules, by the rules of Node.js (its documentation has them under "Modules: Packages" and "Resolution Algorithm
 * Specification"): a name that begins with / or . is a path, `#…` is an entry of `imports` in the nearest package.json, `qjs:…`
 * is a module of the runtime, and any other is a package: the one that the file is in, if package.json says so, or one in a
 * folder node_modules above the file. A function that finds nothing gives NULL, with an exception only where that ends the search.
 */

/* Modules of Node.js itself, which packages for it ask for. */
static const char *const of_node[] = {
    "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram",
    "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net", "os", "path",
    "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "stream", "string_decoder", "sys", "timers", "tls",
    "trace_events", "tty", "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib",
};

/* Conditions within conditions end somewhere. */
enum { DEEPEST = 100 };

/* Writes two texts, one after the other, to a buffer of PATH_MAX bytes; false where they do not fit. */
static bool joined(char *path, const char *first, const char *second)
{
    return (size_t)snprintf(path, PATH_MAX, "%s%s", first, second) < PATH_MAX;
}

static bool is_file(const char *path)
{
    struct stat status;

    return !stat(path, &status) && S_ISREG(status.st_mode);
}

static bool is_folder(const char *path)
{
    struct stat status;

    return !stat(path, &status) && S_ISDIR(status.st_mode);
}

static bool starts_with(const char *text, const char *start)
{
    return !strncmp(text, start, strlen(start));
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), own = strlen(end);

    return length >= own && !strcmp(text + length - own, end);
}

/* What require() adds to a path, in this order; those from INDEX on where the path is a folder. */
static const char *const ends[] = { "", ".js", ".json", "/index.js", "/index.json" };
enum { INDEX = 3 };

/* The first file that is there at a path with one of these ends. */
static char *first_file(JSContext *ctx, const char *path, size_t from, size_t to)
{
    char tried[PATH_MAX], real[PATH_MAX];

    for (; from < to; from++) {
        if (joined(tried, path, ends[from]) && is_file(tried) && realpath(tried, real)) return js_strdup(ctx, real);
    }
    return NULL;
}

/* The file at a path; with `guess` also those that require() tries. */
static char *file_at(JSContext *ctx, const char *path, bool guess)
{
    return first_file(ctx, path, 0, guess ? INDEX : 1);
}

/* A property that is text; nothing otherwise. */
static const char *text_of(JSContext *ctx, JSValueConst object, const char *key)
{
    JSValue value = JS_IsObject(object) ? JS_GetPropertyStr(ctx, object, key) : JS_UNDEFINED;
    const char *text = JS_IsString(value) ? JS_ToCString(ctx, value) : NULL;

    JS_FreeValue(ctx, value);
    return text;
}

/* The package.json of a folder: undefined where there is none. */
static JSValue description(JSContext *ctx, const char *folder)
{
    static const char mark[] = "\xef\xbb\xbf";
    char path[PATH_MAX];
    size_t length, skipped;
    char *text;
    JSValue value;

    if (!joined(path, folder, "/package.json") || !is_file(path)) return JS_UNDEFINED;
    text = (char *)js_load_file(ctx, &length, path);
    if (!text) return JS_UNDEFINED;
    skipped = starts_with(text, mark) ? strlen(mark) : 0;
    value = JS_ParseJSON(ctx, text + skipped, length - skipped, path);
    js_free(ctx, text);
    if (JS_IsException(value)) {
        JSValue error = JS_GetException(ctx);
        const char *why = text_of(ctx, error, "message");

        JS_ThrowSyntaxError(ctx, "%s: %s", path, why ? why : "");
        JS_FreeCString(ctx, why);
        JS_FreeValue(ctx, error);
    }
    return value;
}

/* The folder of a file: everything before its last slash. */
static void folder_of(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash) *slash = 0;
    else strcpy(path, ".");
}

/* The next folder outwards; false at the end. */
static bool outwards(char *folder)
{
    if (!*folder || !strcmp(folder, ".")) return false;
    folder_of(folder);
    return true;
}

/* The nearest package.json above a file, and its folder. A folder node_modules is not part of a package. */
static JSValue package_around(JSContext *ctx, const char *file, char *folder)
{
    strcpy(folder, file);
    folder_of(folder);
    do {
        JSValue package;

        if (ends_with(folder, "/node_modules")) break;
        package = description(ctx, folder);
        if (!JS_IsUndefined(package)) return package;
    } while (outwards(folder));
    return JS_UNDEFINED;
}

/* The main file of a folder. One that package.json names and that is not there ends the search. */
static char *in_folder(JSContext *ctx, const char *folder)
{
    JSValue package = description(ctx, folder);
    const char *main = text_of(ctx, package, "main");
    char path[PATH_MAX];
    char *file = NULL;
    size_t i;

    if (!JS_IsException(package)) {
        if (main && *main && (size_t)snprintf(path, sizeof(path), "%s/%s", folder, main) < sizeof(path)) {
            /* A slash at its end does not say that it is a folder. */
            for (i = strlen(path); i && path[i - 1] == '/'; i--) path[i - 1] = 0;
            file = first_file(ctx, path, 0, COUNT(ends));
        }
        if (!file) file = first_file(ctx, folder, INDEX, COUNT(ends));
        if (!file && main && *main) JS_ThrowReferenceError(ctx, "there is no file '%s', the main one by %s/package.json", main, folder);
    }
    JS_FreeCString(ctx, main);
    JS_FreeValue(ctx, package);
    return file;
}

/* The file that a path means; with `guess` also the main one of a folder. A path that ends in a slash is a folder. */
static char *file_or_main(JSContext *ctx, const char *path, bool guess)
{
    char *file = ends_with(path, "/") ? NULL : file_at(ctx, path, guess);

    return !file && guess && is_folder(path) ? in_folder(ctx, path) : file;
}

/* Whether one of the parts of a path leads out of its package. */
static bool leaves(const char *path)
{
    static const char *const parts[] = { ".", "..", "node_modules" };
    size_t i;

    while (*path) {
        size_t length = strcspn(path, "/\\");

        for (i = 0; i < COUNT(parts); i++) {
            if (length == strlen(parts[i]) && !strncmp(path, parts[i], length)) return true;
        }
        path += length + (path[length] != 0);
    }
    return false;
}

/* What an entry of `exports` or `imports` means. */
enum meaning {
    /* None of its conditions holds. */
    NOTHING,
    /* It is null, or not written as Node.js wants it: there is no such file for others, whatever other conditions say. */
    EXCLUDED,
    /* A path, or, in `imports`, the name of a package. */
    MEANT,
};

/*
 * What a value means: itself, the first of its conditions that holds, or the first of a list that is well-formed. `part` is what
 * stands for * in the key, and stands for * in the value. `imports`: the value may name a package.
 */
static enum meaning meaning_of(JSContext *ctx, const char *folder, JSValueConst value, const char *part, bool imports, bool import,
                               int depth, char *meant)
{
    JSPropertyEnum *keys;
    uint32_t count, i;
    enum meaning result = EXCLUDED;
    bool list = JS_IsArray(value), excluded;

    if (JS_IsString(value)) {
        const char *text = JS_ToCString(ctx, value), *from = text;
        bool own = text && starts_with(text, "./");
        size_t used = 0;

        if (!text) return EXCLUDED;
        if (own ? leaves(text + 2) : !imports || *text == '.' || *text == '/') goto done;
        if (own) used = (size_t)snprintf(meant, PATH_MAX, "%s", folder), from++;
        for (; *from; from++) {
            bool whole = *from == '*' && part;
            size_t length = whole ? strlen(part) : 1;

            if (used + length >= PATH_MAX) goto done;
            memcpy(meant + used, whole ? part : from, length);
            used += length;
        }
        meant[used] = 0;
        result = MEANT;
    done:
        JS_FreeCString(ctx, text);
        return result;
    }
    if (!JS_IsObject(value) || depth > DEEPEST) return EXCLUDED;
    if (JS_GetOwnPropertyNames(ctx, &keys, &count, value, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) return EXCLUDED;
    excluded = list && !count;
    for (i = 0, result = NOTHING; i < count && (result == NOTHING || (list && result == EXCLUDED)); i++) {
        const char *key = JS_AtomToCString(ctx, keys[i].atom);

        if (key && (list || !strcmp(key, "default") || !strcmp(key, import ? "import" : "require"))) {
            JSValue inner = JS_GetProperty(ctx, value, keys[i].atom);

            result = meaning_of(ctx, folder, inner, part, imports, import, depth + 1, meant);
            JS_FreeValue(ctx, inner);
            excluded = excluded || result == EXCLUDED;
        }
        JS_FreeCString(ctx, key);
    }
    JS_FreePropertyEnum(ctx, keys, count);
    return result == NOTHING && excluded ? EXCLUDED : result;
}

/* What the name of an entry in a table means: the entry of that name, else the one whose pattern with one * says most of it. */
static enum meaning entry_of(JSContext *ctx, const char *folder, JSValueConst table, const char *name, bool imports, bool import,
                             char *meant)
{
    JSPropertyEnum *keys;
    uint32_t count, i, best = 0;
    size_t most = 0, longest = 0, length = strlen(name);
    char part[PATH_MAX] = "";
    enum meaning result = NOTHING;
    JSValue value;

    if (!JS_IsObject(table) || strchr(name, '*') || ends_with(name, "/")) return NOTHING;
    if (JS_GetOwnPropertyNames(ctx, &keys, &count, table, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) return NOTHING;
    for (i = 0; i < count; i++) {
        const char *key = JS_AtomToCString(ctx, keys[i].atom), *star = key ? strchr(key, '*') : NULL;
        size_t before = star ? (size_t)(star - key) : 0, whole = key ? strlen(key) : 0;

        if (key && !strcmp(key, name)) {
            best = i, most = SIZE_MAX, *part = 0;
        } else if (star && !strchr(star + 1, '*') && length >= whole && length > before && !strncmp(key, name, before) &&
                   ends_with(name, star + 1) && (before + 1 > most || (before + 1 == most && whole > longest))) {
            best = i, most = before + 1, longest = whole;
            snprintf(part, sizeof(part), "%.*s", (int)(length - whole + 1), name + before);
        }
        JS_FreeCString(ctx, key);
    }
    if (most && !leaves(part)) {
        value = JS_GetProperty(ctx, table, keys[best].atom);
        result = meaning_of(ctx, folder, value, most == SIZE_MAX ? NULL : part, imports, import, 0, meant);
        JS_FreeValue(ctx, value);
    }
    JS_FreePropertyEnum(ctx, keys, count);
    return result;
}

/* Whether `exports` is a table of paths. Without paths, all of it is about the main file. */
static bool has_paths(JSContext *ctx, JSValueConst exports)
{
    JSPropertyEnum *keys;
    uint32_t count, i;
    bool paths = false;

    if (!JS_IsObject(exports) || JS_IsArray(exports)) return false;
    if (JS_GetOwnPropertyNames(ctx, &keys, &count, exports, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) return false;
    for (i = 0; i < count && !paths; i++) {
        const char *key = JS_AtomToCString(ctx, keys[i].atom);

        paths = key && *key == '.';
        JS_FreeCString(ctx, key);
    }
    JS_FreePropertyEnum(ctx, keys, count);
    return paths;
}

/*
 * Whether a package says in `exports` what it has for others, and which file that is: its main one where `rest` is empty, else that
 * of `rest`, such as /sub. There may be none.
 */
static bool exported(JSContext *ctx, const char *folder, JSValueConst package, const char *rest, bool import, char **file)
{
    char key[PATH_MAX], meant[PATH_MAX];
    enum meaning meaning = NOTHING;
    JSValue exports = JS_IsObject(package) ? JS_GetPropertyStr(ctx, package, "exports") : JS_UNDEFINED;

    if (JS_IsUndefined(exports) || JS_IsNull(exports)) return false;
    if (has_paths(ctx, exports)) {
        if (joined(key, ".", rest)) meaning = entry_of(ctx, folder, exports, key, false, import, meant);
    } else if (!*rest) {
        meaning = meaning_of(ctx, folder, exports, NULL, false, import, 0, meant);
    }
    JS_FreeValue(ctx, exports);
    *file = meaning == MEANT ? file_at(ctx, meant, false) : NULL;
    return true;
}

static char *in_packages(JSContext *ctx, const char *file, const char *base, const char *name, bool import);

/* `#…`: an entry of `imports` in the package.json around the file. */
static char *imported(JSContext *ctx, const char *file, const char *base, const char *name, bool import)
{
    char folder[PATH_MAX], inside[PATH_MAX], meant[PATH_MAX];
    JSValue package = package_around(ctx, file, folder), table;
    enum meaning meaning;
    char *found = NULL;

    if (JS_IsException(package)) return NULL;
    table = JS_IsObject(package) ? JS_GetPropertyStr(ctx, package, "imports") : JS_UNDEFINED;
    meaning = name[1] && name[1] != '/' ? entry_of(ctx, folder, table, name, true, import, meant) : NOTHING;
    JS_FreeValue(ctx, table);
    if (meaning != MEANT) {
        if (!JS_HasException(ctx)) {
            JS_ThrowReferenceError(ctx, "there is no '%s', which %s names: the nearest package.json has no such entry in \"imports\"",
                                   name, base);
        }
    } else if (*meant == '/') {
        found = file_at(ctx, meant, false);
        if (!found) JS_ThrowReferenceError(ctx, "there is no file '%s', which '%s' means in %s", meant, name, base);
    } else if (joined(inside, folder, "/package.json")) {
        found = in_packages(ctx, inside, base, meant, import);
    }
    JS_FreeValue(ctx, package);
    return found;
}

/* A package, or a file of it, for a file. */
static char *in_packages(JSContext *ctx, const char *file, const char *base, const char *name, bool import)
{
    char folder[PATH_MAX], path[PATH_MAX], package[PATH_MAX];
    const char *rest = strchr(name, '/'), *own;
    JSValue described;
    bool same, says, seen = false;
    char *found;
    size_t i;

    if (starts_with(name, "qjs:")) return js_strdup(ctx, name);
    /* `@scope/name` is a package's name as a whole. */
    if (rest && *name == '@') rest = strchr(rest + 1, '/');
    if (!rest) rest = name + strlen(name);
    snprintf(package, sizeof(package), "%.*s", (int)(rest - name), name);

    /* The package that the file is in knows itself by what it has for others. */
    described = package_around(ctx, file, folder);
    if (JS_IsException(described)) return NULL;
    own = text_of(ctx, described, "name");
    says = own && !strcmp(own, package) && exported(ctx, folder, described, rest, import, &found);
    JS_FreeCString(ctx, own);
    JS_FreeValue(ctx, described);
    if (says) goto said;

    strcpy(folder, file);
    folder_of(folder);
    do {
        if (ends_with(folder, "/node_modules")) continue;
        if ((size_t)snprintf(path, sizeof(path), "%s/node_modules/%s", folder, package) >= sizeof(path)) continue;
        if (!is_folder(path)) {
            /* require() takes a file there, too. */
            found = import || *rest ? NULL : file_at(ctx, path, true);
            if (found) return found;
            continue;
        }
        seen = true;
        described = description(ctx, path);
        if (JS_IsException(described)) return NULL;
        says = exported(ctx, path, described, rest, import, &found);
        JS_FreeValue(ctx, described);
        if (says) goto said;
        if (!*rest) {
            found = in_folder(ctx, path);
        } else if (strlen(path) + strlen(rest) < sizeof(path)) {
            strcat(path, rest);
            found = file_or_main(ctx, path, !import);
        } else {
            found = NULL;
        }
        if (found || JS_HasException(ctx)) return found;
        /* import takes the nearest package only. */
        if (import) goto lacking;
    } while (outwards(folder));
    if (seen) goto lacking;

    same = starts_with(name, "node:");
    for (i = 0; i < COUNT(of_node); i++) same = same || !strcmp(package, of_node[i]);
    JS_ThrowReferenceError(ctx, same ? "there is no module '%s', which %s names: it is part of Node.js, and not of QuickJS-ng"
                                     : "there is no package '%s', which %s names: no folder node_modules above it has one",
                           same ? name : package, base);
    return NULL;

said:
    if (found || JS_HasException(ctx)) return found;
lacking:
    JS_ThrowReferenceError(ctx, "the package '%s' has no file for '%s', which %s names", package, name, base);
    return NULL;
}

static char *resolve(JSContext *ctx, const char *base, const char *name, bool import)
{
    char real[PATH_MAX], here[PATH_MAX], path[2 * PATH_MAX];
    bool guess = !import;
    char *file;

    if (strlen(name) >= PATH_MAX || strlen(base) >= PATH_MAX) {
        JS_ThrowReferenceError(ctx, "the name of a module is too long: '%.40s'", name);
        return NULL;
    }
    if (!realpath(base, real)) {
        snprintf(real, sizeof(real), "%s", base);
        /* What is typed, and the text of `-e`, is in the folder where the program runs. */
        if (!strchr(base, '/') && getcwd(here, sizeof(here)) && !joined(real, here, "/-")) strcpy(real, base);
    }
    if (*name == '#') return imported(ctx, real, base, name, import);
    if (*name != '/' && *name != '.') return in_packages(ctx, real, base, name, import);
    /* The files of packages that are for bundlers leave endings out. */
    guess = guess || strstr(real, "/node_modules/");
    folder_of(real);
    snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : real, *name == '/' ? "" : "/", name);
    file = file_or_main(ctx, path, guess);
    if (!file && !JS_HasException(ctx)) JS_ThrowReferenceError(ctx, "there is no file '%s', which %s names", name, base);
    return file;
}

/* resolve(name, base, import): the path of the file that require() in the file `base` means, or `import` there if that is true. */
static JSValue js_resolve(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    const char *name = JS_ToCString(ctx, argv[0]);
    const char *base = JS_ToCString(ctx, argv[1]);
    char *path = name && base ? resolve(ctx, base, name, JS_ToBool(ctx, argv[2]) > 0) : NULL;
    JSValue result = path ? JS_NewString(ctx, path) : JS_EXCEPTION;

    js_free(ctx, path);
    JS_FreeCString(ctx, name);
    JS_FreeCString(ctx, base);
    return result;
}

char *system_normalize(JSContext *ctx, const char *base, const char *name, void *opaque)
{
    return resolve(ctx, base, name, true);
}

/* Whether a text is an ES module and not a CommonJS module, which is the body of a function. */
static bool is_module_text(JSContext *ctx, const char *text, size_t length)
{
    static const char head[] = "(function (exports, require, module, __filename, __dirname) {";
    char *body = js_malloc(ctx, sizeof(head) + length + sizeof("\n})"));
    JSValue compiled;

    if (!body) return false;
    /* A comment, so that a line `#!` is none. */
    sprintf(body, "%s%s%.*s\n})", head, starts_with(text, "#!") ? "//" : "", (int)length, text);
    compiled = JS_Eval(ctx, body, strlen(body), "module", JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY);
    js_free(ctx, body);
    JS_FreeValue(ctx, compiled);
    if (!JS_IsException(compiled)) return false;
    JS_FreeValue(ctx, JS_GetException(ctx));
    return JS_DetectModule(text, length);
}

/* Whether the end of a path leaves open which kind of module it is: `.js`, or none. */
static bool is_script(const char *path)
{
    return ends_with(path, ".js") || !strchr(strrchr(path, '/'), '.');
}

/*
 * Whether a file is a CommonJS module: by its name, else, in a package, by the `type` of the nearest package.json or by its text
 * (which may be NULL: then it is read). Many packages have files for bundlers that are ES modules without saying so. False with
 * an exception where that package.json is broken.
 */
static bool is_common_js(JSContext *ctx, const char *path, const char *text)
{
    char folder[PATH_MAX];
    const char *type;
    bool is_module = false;
    JSValue package;

    if (ends_with(path, ".cjs")) return true;
    if (ends_with(path, ".mjs")) return false;
    if (!strstr(path, "/node_modules/") || !is_script(path) || strlen(path) >= sizeof(folder)) return false;
    package = package_around(ctx, path, folder);
    if (JS_IsException(package)) return false;
    type = text_of(ctx, package, "type");
    if (type && !strcmp(type, "module")) {
        is_module = true;
    } else if (text) {
        is_module = is_module_text(ctx, text, strlen(text));
    } else {
        size_t length;
        uint8_t *own = js_load_file(ctx, &length, path);

        is_module = own && is_module_text(ctx, (const char *)own, length);
        js_free(ctx, own);
    }
    JS_FreeCString(ctx, type);
    JS_FreeValue(ctx, package);
    return !is_module;
}

/* isModule(path, text): whether require() cannot load a file, by what is known without its text, or, with it, by all. */
static JSValue js_is_module(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    const char *path = JS_ToCString(ctx, argv[0]);
    const char *text = JS_IsString(argv[1]) ? JS_ToCString(ctx, argv[1]) : NULL;
    bool is_module = path && (ends_with(path, ".mjs") || (strstr(path, "/node_modules/") && ends_with(path, ".js") &&
                                                          !is_common_js(ctx, path, text ? text : "")));

    JS_FreeCString(ctx, path);
    JS_FreeCString(ctx, text);
    return JS_HasException(ctx) ? JS_EXCEPTION : JS_NewBool(ctx, is_module);
}

/* The module that a context begins with. A worker's context has a thread of its own. */
static _Thread_local JSModuleDef *prelude;

/* The names that a CommonJS module exports beside its whole, the default: how many; negative with an exception. */
static int names_of(JSContext *ctx, JSValueConst exports, JSPropertyEnum **keys)
{
    uint32_t count = 0;

    *keys = NULL;
    if (!JS_IsObject(exports) || JS_IsArray(exports)) return 0;
    if (JS_GetOwnPropertyNames(ctx, keys, &count, exports, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) return -1;
    return (int)count;
}

static int give_exports(JSContext *ctx, JSModuleDef *module)
{
    JSValue exports = JS_GetModulePrivateValue(ctx, module);
    JSPropertyEnum *keys;
    int count = names_of(ctx, exports, &keys), i;

    for (i = 0; i < count; i++) {
        const char *key = JS_AtomToCString(ctx, keys[i].atom);
        JSValue value = JS_GetProperty(ctx, exports, keys[i].atom);

        /* One that throws is undefined, as in Node.js. */
        if (JS_IsException(value)) JS_FreeValue(ctx, JS_GetException(ctx)), value = JS_UNDEFINED;
        if (key && strcmp(key, "default") != 0) JS_SetModuleExport(ctx, module, key, value);
        else JS_FreeValue(ctx, value);
        JS_FreeCString(ctx, key);
    }
    JS_FreePropertyEnum(ctx, keys, count < 0 ? 0 : (uint32_t)count);
    return count < 0 ? -1 : JS_SetModuleExport(ctx, module, "default", exports);
}

/* A CommonJS module as an ES module. It runs now, since its exports have names only then. */
static JSModuleDef *from_common_js(JSContext *ctx, const char *path)
{
    JSValue space = JS_GetModuleNamespace(ctx, prelude), load = JS_GetPropertyStr(ctx, space, "load");
    JSValue name = JS_NewString(ctx, path), exports = JS_Call(ctx, load, JS_UNDEFINED, 1, &name);
    JSModuleDef *module = NULL;
    JSPropertyEnum *keys;
    int count, i;

    JS_FreeValue(ctx, name);
    JS_FreeValue(ctx, load);
    JS_FreeValue(ctx, space);
    if (JS_IsException(exports)) return NULL;
    count = names_of(ctx, exports, &keys);
    if (count >= 0) module = JS_NewCModule(ctx, path, give_exports);
    if (module) {
        JS_AddModuleExport(ctx, module, "default");
        for (i = 0; i < count; i++) {
            const char *key = JS_AtomToCString(ctx, keys[i].atom);

            if (key && strcmp(key, "default") != 0) JS_AddModuleExport(ctx, module, key);
            JS_FreeCString(ctx, key);
        }
        JS_SetModulePrivateValue(ctx, module, exports);
    } else {
        JS_FreeValue(ctx, exports);
    }
    JS_FreePropertyEnum(ctx, keys, count < 0 ? 0 : (uint32_t)count);
    return module;
}

JSModuleDef *system_loader(JSContext *ctx, const char *name, void *opaque, JSValueConst attributes)
{
    if (is_common_js(ctx, name, NULL)) return from_common_js(ctx, name);
    if (JS_HasException(ctx)) return NULL;
    return js_module_loader(ctx, name, opaque, attributes);
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("mount", 3, js_mount),
    JS_CFUNC_DEF("umount", 1, js_umount),
    JS_CFUNC_DEF("reboot", 1, js_reboot),
    JS_CFUNC_DEF("setHostName", 1, js_set_host_name),
    JS_CFUNC_DEF("setTime", 1, js_set_time),
    JS_CFUNC_DEF("interfaceUp", 1, js_interface_up),
    JS_CFUNC_DEF("session", 0, js_session),
    JS_CFUNC_DEF("become", 2, js_become),
    JS_CFUNC_DEF("chown", 3, js_chown),
    JS_CFUNC_DEF("chmod", 2, js_chmod),
    JS_CFUNC_DEF("listen", 1, js_listen),
    JS_CFUNC_DEF("accept", 1, js_accept),
    JS_CFUNC_DEF("connect", 2, js_connect),
    JS_CFUNC_DEF("lookup", 1, js_lookup),
    JS_CFUNC_DEF("evaluate", 2, js_evaluate),
    JS_CFUNC_DEF("resolve", 3, js_resolve),
    JS_CFUNC_DEF("isModule", 2, js_is_module),
};

static int initialise(JSContext *ctx, JSModuleDef *module)
{
    return JS_SetModuleExportList(ctx, module, functions, COUNT(functions));
}

void js_init_module_system(JSContext *ctx, const char *name)
{
    static const char text[] = {
#include "prelude.h"
    };
    JSModuleDef *module = JS_NewCModule(ctx, name, initialise);
    JSValue compiled, done;

    if (!module || JS_AddModuleExportList(ctx, module, functions, COUNT(functions)) < 0) abort();
    compiled = JS_Eval(ctx, text, sizeof(text) - 1, "qjs:prelude", JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(compiled)) goto failed;
    prelude = JS_VALUE_GET_PTR(compiled);
    /* The same value goes on, as in JS_Eval itself. */
    done = JS_EvalFunction(ctx, compiled);
    if (JS_IsException(done)) goto failed;
    if (JS_PromiseState(ctx, done) == JS_PROMISE_REJECTED) JS_Throw(ctx, JS_PromiseResult(ctx, done));
    JS_FreeValue(ctx, done);
    if (!JS_HasException(ctx)) return;
failed:
    js_std_dump_error(ctx);
    abort();
}
