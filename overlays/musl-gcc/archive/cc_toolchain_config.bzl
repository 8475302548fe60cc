"""GCC for @target@ as Bazel calls it."""

load("@rules_cc//cc:action_names.bzl", "ACTION_NAMES")
load("@rules_cc//cc:cc_toolchain_config_lib.bzl", "feature", "flag_group", "flag_set", "tool_path")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/toolchains:cc_toolchain_config_info.bzl", "CcToolchainConfigInfo")

_COMPILE = [
    ACTION_NAMES.assemble,
    ACTION_NAMES.preprocess_assemble,
    ACTION_NAMES.c_compile,
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.cpp_header_parsing,
]

_LINK = [
    ACTION_NAMES.cpp_link_executable,
    ACTION_NAMES.cpp_link_dynamic_library,
    ACTION_NAMES.cpp_link_nodeps_dynamic_library,
]

def _flags(name, actions, flags, enabled = True):
    return feature(
        name = name,
        enabled = enabled,
        flag_sets = [flag_set(actions = actions, flag_groups = [flag_group(flags = flags)])],
    )

def _impl(ctx):
    tools = ["ar", "cpp", "gcc", "gcov", "ld", "nm", "objcopy", "objdump", "strip"]
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        toolchain_identifier = "crossloom-@target@",
        host_system_name = "@machine@",
        target_system_name = "@target@",
        target_cpu = "@cpu@",
        target_libc = "musl",
        compiler = "gcc",
        abi_version = "unknown",
        abi_libc_version = "unknown",
        tool_paths = [tool_path(name = tool, path = "bin/@target@-" + tool) for tool in tools],
        cxx_builtin_include_directories = [
            "@target@/include",
            "lib/gcc/@target@/@version@/include",
            "lib/gcc/@target@/@version@/include-fixed",
        ],
        features = [
            # Names of headers as Bazel has them, below the folder that it builds in.
            _flags("relative_headers", _COMPILE, ["-no-canonical-prefixes", "-fno-canonical-system-headers"]),
            # Bazel switches on the one that `-c` names.
            _flags("opt", _COMPILE, ["-O2", "-DNDEBUG"], enabled = False),
            _flags("dbg", _COMPILE, ["-g"], enabled = False),
            # Bazel links C++ with the driver of C. A program in C does not need the library to run.
            _flags("libraries", _LINK, ["-Wl,--push-state,--as-needed", "-lstdc++", "-Wl,--pop-state", "-lm"]),
            # Bazel itself has a feature fully_static_link, which links with -static.
            feature(name = "supports_pic", enabled = True),
        ],
    )

cc_toolchain_config = rule(
    implementation = _impl,
    provides = [CcToolchainConfigInfo],
)
