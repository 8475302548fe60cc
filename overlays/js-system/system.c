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
 * Names of modules. A name that begins with / or . is a path; `qjs:…` is a module of the runtime; any other is a package in
 * the nearest folder node_modules above the file that names it. package.json says which of its files is meant, by the rules
 * of Node.js for `exports` and `main`, without patterns.
 */

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

/* The file at a path; with `guess` also the files that require() tries. Nothing where there is none. */
static char *file_at(JSContext *ctx, const char *path, bool guess)
{
    static const char *ends[] = { "", ".js", ".cjs", ".json", "/index.js" };
    char tried[PATH_MAX], real[PATH_MAX];
    size_t i;

    for (i = 0; i < (guess ? COUNT(ends) : 1); i++) {
        if ((size_t)snprintf(tried, sizeof(tried), "%s%s", path, ends[i]) >= sizeof(tried)) continue;
        if (is_file(tried) && realpath(tried, real)) return js_strdup(ctx, real);
    }
    return NULL;
}

/* The package.json of a folder: undefined where there is none. */
static JSValue description(JSContext *ctx, const char *folder)
{
    char path[PATH_MAX];
    size_t length;
    uint8_t *text;
    JSValue value;

    if ((size_t)snprintf(path, sizeof(path), "%s/package.json", folder) >= sizeof(path) || !is_file(path)) {
        return JS_UNDEFINED;
    }
    text = js_load_file(ctx, &length, path);
    if (!text) return JS_UNDEFINED;
    value = JS_ParseJSON(ctx, (const char *)text, length, path);
    js_free(ctx, text);
    return value;
}

/* A property that is text; nothing otherwise. */
static const char *text_of(JSContext *ctx, JSValueConst object, const char *key)
{
    JSValue value = JS_IsObject(object) ? JS_GetPropertyStr(ctx, object, key) : JS_UNDEFINED;
    const char *text = JS_IsString(value) ? JS_ToCString(ctx, value) : NULL;

    JS_FreeValue(ctx, value);
    return text;
}

/* The text that a value of `exports` means: itself, or the first of its conditions that holds. */
static const char *chosen(JSContext *ctx, JSValueConst value, bool import, int depth)
{
    JSPropertyEnum *keys;
    uint32_t count, i;
    const char *text = NULL;

    if (JS_IsString(value)) return JS_ToCString(ctx, value);
    if (!JS_IsObject(value) || depth > 8) return NULL;
    if (JS_GetOwnPropertyNames(ctx, &keys, &count, value, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) return NULL;
    for (i = 0; i < count && !text; i++) {
        const char *key = JS_AtomToCString(ctx, keys[i].atom);
        bool holds = key && (!strcmp(key, "default") || !strcmp(key, import ? "import" : "require"));

        /* The elements of a list are alternatives. */
        if (holds || JS_IsArray(value)) {
            JSValue inner = JS_GetProperty(ctx, value, keys[i].atom);

            text = chosen(ctx, inner, import, depth + 1);
            JS_FreeValue(ctx, inner);
        }
        JS_FreeCString(ctx, key);
    }
    JS_FreePropertyEnum(ctx, keys, count);
    return text;
}

/* The file of a package in a folder: its main one where `rest` is empty, else the one that `rest`, such as /sub, names. */
static char *in_package(JSContext *ctx, const char *folder, const char *rest, bool import)
{
    JSValue package = description(ctx, folder), exports = JS_UNDEFINED;
    const char *relative = NULL;
    char path[PATH_MAX], key[PATH_MAX];
    char *file = NULL;

    if (JS_IsException(package)) return NULL;
    if (JS_IsObject(package)) exports = JS_GetPropertyStr(ctx, package, "exports");
    if (JS_IsUndefined(exports) || JS_IsNull(exports)) {
        if (!*rest) relative = text_of(ctx, package, "main");
        snprintf(path, sizeof(path), "%s/%s", folder, *rest ? rest + 1 : relative ? relative : "index.js");
        file = file_at(ctx, path, true);
    } else {
        JSAtom own;
        JSValue value;
        bool by_path;

        snprintf(key, sizeof(key), ".%s", rest);
        own = JS_NewAtom(ctx, ".");
        /* Without paths, all of it is about the main file. */
        by_path = JS_IsObject(exports) && (JS_HasProperty(ctx, exports, own) > 0 || *rest);
        JS_FreeAtom(ctx, own);
        value = by_path ? JS_GetPropertyStr(ctx, exports, key) : JS_DupValue(ctx, exports);
        if (by_path || !*rest) relative = chosen(ctx, value, import, 0);
        JS_FreeValue(ctx, value);
        if (relative) {
            snprintf(path, sizeof(path), "%s/%s", folder, relative);
            file = file_at(ctx, path, false);
        }
    }
    JS_FreeCString(ctx, relative);
    JS_FreeValue(ctx, exports);
    JS_FreeValue(ctx, package);
    return file;
}

/* The folder of a file: everything before its last slash. */
static void folder_of(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash) *slash = 0;
    else strcpy(path, ".");
}

static char *resolve(JSContext *ctx, const char *base, const char *name, bool import)
{
    char folder[PATH_MAX], path[2 * PATH_MAX], package[PATH_MAX];
    const char *rest;
    char *file;

    if (!strncmp(name, "qjs:", 4)) return js_strdup(ctx, name);
    if (strlen(name) >= PATH_MAX || strlen(base) >= PATH_MAX) {
        JS_ThrowReferenceError(ctx, "the name of a module is too long");
        return NULL;
    }
    if (!realpath(base, folder)) snprintf(folder, sizeof(folder), "%s", base);
    folder_of(folder);
    if (name[0] == '/' || name[0] == '.') {
        snprintf(path, sizeof(path), "%s%s%s", name[0] == '/' ? "" : folder, name[0] == '/' ? "" : "/", name);
        file = file_at(ctx, path, !import);
        if (!file && !import && is_folder(path)) file = in_package(ctx, path, "", false);
        if (!file && !JS_HasException(ctx)) {
            JS_ThrowReferenceError(ctx, "there is no file '%s', which %s names", name, base);
        }
        return file;
    }
    /* `@scope/name` is a package's name as a whole. */
    rest = strchr(name, '/');
    if (rest && name[0] == '@') rest = strchr(rest + 1, '/');
    if (!rest) rest = name + strlen(name);
    snprintf(package, sizeof(package), "%.*s", (int)(rest - name), name);
    for (;;) {
        if ((size_t)snprintf(path, sizeof(path), "%s/node_modules/%s", folder, package) < PATH_MAX && is_folder(path)) {
            file = in_package(ctx, path, rest, import);
            if (!file && !JS_HasException(ctx)) {
                JS_ThrowReferenceError(ctx, "the package '%s' has no file for '%s', which %s names", package, name, base);
            }
            return file;
        }
        if (!*folder || !strcmp(folder, ".")) break;
        folder_of(folder);
    }
    JS_ThrowReferenceError(ctx, "there is no package '%s', which %s names: no folder node_modules above it has one", package,
                           base);
    return NULL;
}

/* resolve(name, base): the path of the file that require() in the file `base` means. */
static JSValue js_resolve(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    const char *name = JS_ToCString(ctx, argv[0]);
    const char *base = JS_ToCString(ctx, argv[1]);
    char *path = name && base ? resolve(ctx, base, name, false) : NULL;
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

/* Whether a file of a package is a CommonJS module: by its name, else by the `type` of the nearest package.json. */
static bool is_common_js(JSContext *ctx, const char *path)
{
    char folder[PATH_MAX];
    size_t length = strlen(path);

    if (length > 4 && !strcmp(path + length - 4, ".cjs")) return true;
    if (length > 4 && !strcmp(path + length - 4, ".mjs")) return false;
    if (!strstr(path, "/node_modules/") || length < 3 || strcmp(path + length - 3, ".js") != 0 || length >= PATH_MAX) {
        return false;
    }
    strcpy(folder, path);
    for (folder_of(folder); *folder; folder_of(folder)) {
        JSValue package = description(ctx, folder);

        if (JS_IsObject(package)) {
            const char *type = text_of(ctx, package, "type");
            bool is_module = type && !strcmp(type, "module");

            JS_FreeCString(ctx, type);
            JS_FreeValue(ctx, package);
            return !is_module;
        }
        JS_FreeValue(ctx, package);
    }
    return true;
}

JSModuleDef *system_loader(JSContext *ctx, const char *name, void *opaque, JSValueConst attributes)
{
    char source[2 * PATH_MAX + 200];
    JSValue compiled;
    JSModuleDef *module;

    if (strlen(name) >= PATH_MAX || !is_common_js(ctx, name)) return js_module_loader(ctx, name, opaque, attributes);
    /* Its default export is what require() gives. Paths of packages have no quotes: npm refuses such names. */
    if (strpbrk(name, "\"\\\n")) {
        JS_ThrowReferenceError(ctx, "the path '%s' cannot be imported", name);
        return NULL;
    }
    snprintf(source, sizeof(source),
             "import { createRequire } from \"/lib/system/require.js\";\n"
             "export default createRequire(\"%s\")(\"%s\");\n", name, name);
    compiled = JS_Eval(ctx, source, strlen(source), name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(compiled)) return NULL;
    js_module_set_import_meta(ctx, compiled, false, false);
    module = JS_VALUE_GET_PTR(compiled);
    JS_FreeValue(ctx, compiled);
    return module;
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
    JS_CFUNC_DEF("resolve", 2, js_resolve),
};

static int initialise(JSContext *ctx, JSModuleDef *module)
{
    return JS_SetModuleExportList(ctx, module, functions, COUNT(functions));
}

void js_init_module_system(JSContext *ctx, const char *name)
{
    JSModuleDef *module = JS_NewCModule(ctx, name, initialise);

    if (module) JS_AddModuleExportList(ctx, module, functions, COUNT(functions));
}
