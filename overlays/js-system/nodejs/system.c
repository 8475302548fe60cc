/*
 * The module `system` of Node.js, linked into the program: `process._linkedBinding("system")` is what a first process needs of
 * the kernel and Node.js lacks. Everything else is JavaScript.
 */
/* Node.js' build asks for POSIX alone, and network interfaces are more. */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "node_api.h"
#include "node_mount_options.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_ARGUMENTS 4
#define MAX_TEXT 4096

/* The arguments of a call. */
struct call {
    size_t count;
    napi_value values[MAX_ARGUMENTS];
    char texts[MAX_ARGUMENTS][MAX_TEXT];
};

/* An exception that says what was tried. Returns no value, as every function does that throws. */
static napi_value failed(napi_env env, const char *what, const char *object)
{
    int number = errno;
    char message[MAX_TEXT + 200];
    napi_value text, error, code;

    snprintf(message, sizeof(message), "%s%s%s: %s", what, *object ? " " : "", object, strerror(number));
    if (napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text) == napi_ok &&
        napi_create_error(env, NULL, text, &error) == napi_ok && napi_create_int32(env, number, &code) == napi_ok &&
        napi_set_named_property(env, error, "errno", code) == napi_ok) {
        napi_throw(env, error);
    }
    return NULL;
}

/* Reads arguments that are all texts: at least `least` of them. False after an exception. */
static bool texts(napi_env env, napi_callback_info info, size_t least, struct call *call)
{
    size_t i, length;

    call->count = MAX_ARGUMENTS;
    memset(call->texts, 0, sizeof(call->texts));
    if (napi_get_cb_info(env, info, &call->count, call->values, NULL, NULL) != napi_ok) return false;
    if (call->count > MAX_ARGUMENTS) call->count = MAX_ARGUMENTS;
    for (i = 0; i < call->count; i++) {
        if (napi_get_value_string_utf8(env, call->values[i], call->texts[i], MAX_TEXT, &length) != napi_ok ||
            length + 1 >= MAX_TEXT || strlen(call->texts[i]) != length) {
            napi_throw_type_error(env, NULL, "an argument is not a text, or too long");
            return false;
        }
    }
    if (call->count < least) napi_throw_type_error(env, NULL, "an argument is missing");
    return call->count >= least;
}

/* mount(source, target, type, options = ""): options as mount(8) takes them, such as "ro,size=10m". */
static napi_value system_mount(napi_env env, napi_callback_info info)
{
    struct call call;
    char data[MAX_TEXT];
    unsigned long flags;

    /* What is left of options is no longer than they are. */
    if (!texts(env, info, 3, &call) || !mount_options(call.texts[3], &flags, data, sizeof(data))) return NULL;
    if (mount(call.texts[0], call.texts[1], call.texts[2], flags, data) < 0) {
        return failed(env, "mount", call.texts[1]);
    }
    return NULL;
}

/* umount(target) */
static napi_value system_umount(napi_env env, napi_callback_info info)
{
    struct call call;

    if (texts(env, info, 1, &call) && umount(call.texts[0]) < 0) return failed(env, "umount", call.texts[0]);
    return NULL;
}

/* reboot("poweroff" | "restart" | "halt"): at once; whoever calls it has ended all other processes. */
static napi_value system_reboot(napi_env env, napi_callback_info info)
{
    static const struct { const char *word; int command; } commands[] = {
        { "poweroff", RB_POWER_OFF }, { "restart", RB_AUTOBOOT }, { "halt", RB_HALT_SYSTEM }
    };
    struct call call;
    size_t i;

    if (!texts(env, info, 1, &call)) return NULL;
    for (i = 0; i < COUNT(commands) && strcmp(call.texts[0], commands[i].word) != 0; i++)
        ;
    if (i == COUNT(commands)) {
        napi_throw_range_error(env, NULL, "reboot knows poweroff, restart and halt");
        return NULL;
    }
    sync();
    if (reboot(commands[i].command) < 0) return failed(env, "reboot", call.texts[0]);
    return NULL;
}

/* setHostName(name) */
static napi_value system_set_host_name(napi_env env, napi_callback_info info)
{
    struct call call;

    if (texts(env, info, 1, &call) && sethostname(call.texts[0], strlen(call.texts[0])) < 0) {
        return failed(env, "sethostname", call.texts[0]);
    }
    return NULL;
}

/* setTime(seconds): sets the system's clock, in seconds since 1970. */
static napi_value system_set_time(napi_env env, napi_callback_info info)
{
    napi_value argument;
    size_t count = 1;
    double seconds;
    struct timespec time;

    if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1 ||
        napi_get_value_double(env, argument, &seconds) != napi_ok || !(seconds >= 0 && seconds < 1e11)) {
        napi_throw_range_error(env, NULL, "a time is in seconds since 1970");
        return NULL;
    }
    time.tv_sec = seconds;
    time.tv_nsec = (seconds - time.tv_sec) * 1e9;
    return clock_settime(CLOCK_REALTIME, &time) < 0 ? failed(env, "clock_settime", "") : NULL;
}

/* interfaceUp(name): starts a network interface. */
static napi_value system_interface_up(napi_env env, napi_callback_info info)
{
    struct call call;
    struct ifreq request = { 0 };
    int fd;

    if (!texts(env, info, 1, &call)) return NULL;
    if (strlen(call.texts[0]) >= sizeof(request.ifr_name)) {
        errno = ENAMETOOLONG;
        return failed(env, "interface", call.texts[0]);
    }
    strcpy(request.ifr_name, call.texts[0]);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0) {
        failed(env, "interface", call.texts[0]);
    } else {
        request.ifr_flags |= IFF_UP;
        if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) failed(env, "interface", call.texts[0]);
    }
    if (fd >= 0) close(fd);
    return NULL;
}

/* session(): a session of its own, with the terminal at descriptor 0, so that Ctrl-C reaches this process. */
static napi_value system_session(napi_env env, napi_callback_info info)
{
    (void)info;
    if (setsid() < 0) return failed(env, "setsid", "");
    if (ioctl(0, TIOCSCTTY, 1) < 0) return failed(env, "the controlling terminal", "");
    return NULL;
}

/*
 * ended(): the number of a process that has ended and that nobody has waited for, or 0. It is not taken: Node.js itself waits
 * for processes that it started, and must find their statuses.
 */
static napi_value system_ended(napi_env env, napi_callback_info info)
{
    siginfo_t ended = { 0 };
    napi_value number = NULL;

    (void)info;
    if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) < 0 && errno != ECHILD) return failed(env, "waitid", "");
    napi_create_int32(env, ended.si_pid, &number);
    return number;
}

/* reap(process): takes the status of a process that another one had started, as waitpid says it. */
static napi_value system_reap(napi_env env, napi_callback_info info)
{
    napi_value argument, number = NULL;
    size_t count = 1;
    int32_t process;
    int status = 0;

    if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1 ||
        napi_get_value_int32(env, argument, &process) != napi_ok || process <= 0) {
        napi_throw_type_error(env, NULL, "reap takes the number of a process");
        return NULL;
    }
    if (waitpid(process, &status, WNOHANG) < 0) return failed(env, "waitpid", "");
    napi_create_int32(env, status, &number);
    return number;
}

static napi_value initialise(napi_env env, napi_value exports)
{
    static const napi_property_descriptor functions[] = {
        { .utf8name = "mount", .method = system_mount, .attributes = napi_enumerable },
        { .utf8name = "umount", .method = system_umount, .attributes = napi_enumerable },
        { .utf8name = "reboot", .method = system_reboot, .attributes = napi_enumerable },
        { .utf8name = "setHostName", .method = system_set_host_name, .attributes = napi_enumerable },
        { .utf8name = "setTime", .method = system_set_time, .attributes = napi_enumerable },
        { .utf8name = "interfaceUp", .method = system_interface_up, .attributes = napi_enumerable },
        { .utf8name = "session", .method = system_session, .attributes = napi_enumerable },
        { .utf8name = "ended", .method = system_ended, .attributes = napi_enumerable },
        { .utf8name = "reap", .method = system_reap, .attributes = napi_enumerable },
    };

    return napi_define_properties(env, exports, COUNT(functions), functions) == napi_ok ? exports : NULL;
}

/* What is registered before Node.js starts is part of the program. */
__attribute__((constructor)) static void register_module(void)
{
    static napi_module module = {
        .nm_version = NAPI_MODULE_VERSION,
        .nm_filename = "system.c",
        .nm_register_func = initialise,
        .nm_modname = "system",
    };

    napi_module_register(&module);
}
