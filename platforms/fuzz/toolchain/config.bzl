# SPDX-License-Identifier: ISC
"""The C and C++ toolchain of fuzzers: the machine's clang, with libFuzzer's coverage and the sanitizers."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load(
    "@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl",
    "env_entry",
    "env_set",
    "feature",
    "feature_set",
    "flag_group",
    "flag_set",
    "tool_path",
)
load("@local_clang//:defs.bzl", "CLANG", "INCLUDES", "TOOLS", "VERSION")

_COMPILE = [
    ACTION_NAMES.assemble,
    ACTION_NAMES.c_compile,
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.preprocess_assemble,
]
_LINK = [ACTION_NAMES.cpp_link_executable]

_COMPILE_FLAGS = [
    "-O2",
    "-g",
    "-fno-omit-frame-pointer",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    # Knows the types of C++ functions only, and needs a runtime that clang as a linker does not give.
    "-fno-sanitize=function",
    # A comparison of every address that is computed, kept as if it were the protocol's. Tests have it.
    "-fno-sanitize=pointer-overflow",
]

# What libFuzzer learns of each input: the ways that it goes. A library that only makes inputs and looks at results, as
# a fake does, goes without (features = ["-guides"]), for it is not what is to be explored. So does arithmetic, which
# goes the same way always.
_GUIDES = ["-fsanitize=fuzzer-no-link", "-fno-sanitize-coverage=trace-cmp"]

# And what is compared. An interpreter does without (features = ["-compares"]): what it compares is its own code.
_COMPARES = ["-fsanitize-coverage=trace-cmp"]

# A call before each load, so that a peer can change shared memory between two: <atman/fuzz/peer.h>.
_LOADS = ["-fsanitize-coverage=trace-loads"]

def _impl(ctx):
    if not CLANG:
        fail("fuzzers are made by clang, which is not here: install the package clang (./atman setup does).")
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        abi_libc_version = "local",
        abi_version = "local",
        compiler = "clang",
        cxx_builtin_include_directories = INCLUDES,
        features = [
            feature(
                name = "default_compile_flags",
                enabled = True,
                # Not for clang, which does not read it: another clang means other actions.
                env_sets = [env_set(
                    actions = _COMPILE,
                    env_entries = [env_entry(key = "ATMAN_CLANG", value = VERSION)],
                )],
                flag_sets = [flag_set(actions = _COMPILE, flag_groups = [flag_group(flags = _COMPILE_FLAGS)])],
            ),
            feature(
                name = "guides",
                enabled = True,
                flag_sets = [flag_set(actions = _COMPILE, flag_groups = [flag_group(flags = _GUIDES)])],
            ),
            feature(
                name = "compares",
                enabled = True,
                requires = [feature_set(features = ["guides"])],
                flag_sets = [flag_set(actions = _COMPILE, flag_groups = [flag_group(flags = _COMPARES)])],
            ),
            feature(
                name = "trace_loads",
                enabled = True,
                flag_sets = [flag_set(actions = _COMPILE, flag_groups = [flag_group(flags = _LOADS)])],
            ),
            feature(
                name = "default_linker_flags",
                enabled = True,
                flag_sets = [flag_set(actions = _LINK, flag_groups = [flag_group(flags = [
                    "-fsanitize=fuzzer,address,undefined",
                    "-lstdc++",
                    "-lm",
                ])])],
            ),
        ],
        host_system_name = "local",
        target_cpu = "k8",
        target_libc = "local",
        target_system_name = "local",
        tool_paths = [tool_path(name = name, path = path) for name, path in TOOLS.items()],
        toolchain_identifier = "fuzz-clang",
    )

fuzz_toolchain_config = rule(
    implementation = _impl,
    provides = [CcToolchainConfigInfo],
)
