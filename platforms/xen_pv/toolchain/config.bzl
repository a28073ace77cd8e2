# SPDX-License-Identifier: ISC
"""The C toolchain of a Xen PV guest: the machine's gcc, told that there is nothing below the program."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load(
    "@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl",
    "action_config",
    "env_entry",
    "env_set",
    "feature",
    "flag_group",
    "flag_set",
    "tool",
    "tool_path",
    "variable_with_value",
    "with_feature_set",
)
load("@local_clang//:defs.bzl", "CLANG", CLANG_INCLUDE = "INCLUDE", CLANG_VERSION = "VERSION")
load("@local_gcc//:defs.bzl", "INCLUDE", "TOOLS", "VERSION")

_COMPILE_C = [ACTION_NAMES.c_compile]
_COMPILE_OTHERS = [
    ACTION_NAMES.assemble,
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.preprocess_assemble,
]
_COMPILE = _COMPILE_C + _COMPILE_OTHERS
_LINK = [ACTION_NAMES.cpp_link_executable]

# The feature of guest code that a host program tests and `atman coverage` counts: by clang, which alone can.
_COUNTED = "counted"

_COMPILE_FLAGS = [
    # No operating system, and no C library but the one that comes as a dependency: its headers go before gcc's.
    "-ffreestanding",
    "-nostdinc",
    "-idirafter",
    INCLUDE,

    # Linked at a fixed address below 2 GiB, never moved.
    "-m64",
    "-mcmodel=small",
    "-fno-pic",
    "-fno-pie",

    # Xen pushes event and exception frames at the stack pointer of the guest's kernel.
    "-mno-red-zone",
    # A PV guest cannot reach %fs:0x28 and the like before it has set a segment base: the stack's canary is a variable.
    "-mno-tls-direct-seg-refs",
    "-fstack-protector-strong",
    "-mstack-protector-guard=global",
    # A frame larger than a page touches each of its pages, so that it cannot step over the guard below a stack.
    "-fstack-clash-protection",
    # PV guests are not offered CET.
    "-fcf-protection=none",

    # Nothing unwinds; the crash report walks frame pointers.
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
    "-fno-omit-frame-pointer",

    # A jump table takes eight bytes for each case, more than the comparison it saves.
    "-fno-jump-tables",
    # What -Oz would leave out as well if it looked closer: each of these makes more code than it saves.
    "-fno-caller-saves",
    "-fno-shrink-wrap",
    "-fno-tree-switch-conversion",
    # An array is aligned as its elements are, not to the width of a vector register.
    "-malign-data=abi",
    # Where a library asks for -O2, gcc would pad before functions, loops and what is jumped to: a kilobyte of https,
    # and no instruction fewer. -Oz never does.
    "-falign-functions=1",
    "-falign-jumps=1",
    "-falign-labels=1",
    "-falign-loops=1",

    # Only what is used stays.
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-common",

    # A kernel is one program and is compiled as one: a tenth smaller. The archives hold ordinary code as well, for
    # whoever links them without gcc. The seed names what would else be named at random.
    "-flto",
    "-ffat-lto-objects",
    "-frandom-seed=atman",

    # An assertion that fails says where, as in mm/src/frames.c:14, and no more: the rest would be 3% of a small kernel.
    "-fmacro-prefix-map=components/=",
    "-DAT_ASSERT_PLACE_ONLY",

    # Equal sources give equal bytes, wherever and whenever they are built.
    "-fno-ident",
    "-fno-canonical-system-headers",
    "-fdebug-prefix-map=/proc/self/cwd=.",
    # Bazel names the object file in its own -frandom-seed.
    "-gno-record-gcc-switches",
    "-Wno-builtin-macro-redefined",
    "-D__DATE__=\"redacted\"",
    "-D__TIME__=\"redacted\"",
    "-D__TIMESTAMP__=\"redacted\"",
]

# Of the above only what code relies on.
_COUNTED_FLAGS = [
    "-ffreestanding",
    "-nostdinc",
    "-idirafter",
    CLANG_INCLUDE,
    "-fno-pic",
    "-mno-tls-direct-seg-refs",
    "-fno-asynchronous-unwind-tables",
    # As a host program that is counted: see .bazelrc.
    "-fprofile-instr-generate",
    "-fcoverage-mapping",
    "-mllvm",
    "-runtime-counter-relocation",
    "--no-system-header-prefix=atman/",
]

_LINK_FLAGS = [
    "-flto",
    "-flto-partition=one",
    # C lets main() have two types.
    "-Wno-lto-type-mismatch",
    "-frandom-seed=atman",
    "-fdebug-prefix-map=/proc/self/cwd=.",
    "-nostdlib",
    "-static",
    "-no-pie",
    # Says which .debug belongs to an image, and depends on nothing but their contents.
    "-Wl,--build-id=sha1",
    "-Wl,--gc-sections",
    "-malign-data=abi",
    # Strings that end alike are stored once.
    "-Wl,-O2",
    # Every section has its place in the linker script, or the link fails.
    "-Wl,--orphan-handling=error",
    "-Wl,--fatal-warnings",
    "-Wl,-z,max-page-size=0x1000",
    "-Wl,-z,noexecstack",
]

def _flags(actions, flags, mode = None, without = None):
    chosen = with_feature_set(features = [mode] if mode else [], not_features = [without] if without else [])
    return flag_set(
        actions = actions,
        flag_groups = [flag_group(flags = flags)],
        with_features = [chosen] if mode or without else [],
    )

# What Bazel has by itself where a toolchain names one compiler for C.
_C_COMPILE = action_config(
    action_name = ACTION_NAMES.c_compile,
    implies = [
        "legacy_compile_flags",
        "user_compile_flags",
        "sysroot",
        "unfiltered_compile_flags",
        "compiler_input_flags",
        "compiler_output_flags",
    ],
    tools = [
        tool(path = CLANG or "/bin/false", with_features = [with_feature_set(features = [_COUNTED])]),
        tool(path = TOOLS["gcc"]),
    ],
)

# Bazel's own feature of this name, for what a static program links, and in a group: seams point upwards (base calls the
# platform's at_panic), so no order of the archives would resolve every symbol.
_LIBRARIES = feature(
    name = "libraries_to_link",
    enabled = True,
    flag_sets = [flag_set(
        actions = _LINK,
        flag_groups = [
            flag_group(flags = ["-Wl,--start-group"]),
            flag_group(
                expand_if_available = "libraries_to_link",
                flag_groups = [
                    flag_group(
                        expand_if_true = "libraries_to_link.is_whole_archive",
                        flags = ["-Wl,--whole-archive"],
                    ),
                    flag_group(
                        expand_if_equal = variable_with_value("libraries_to_link.type", "object_file"),
                        flags = ["%{libraries_to_link.name}"],
                    ),
                    flag_group(
                        expand_if_equal = variable_with_value("libraries_to_link.type", "static_library"),
                        flags = ["%{libraries_to_link.name}"],
                    ),
                    flag_group(
                        expand_if_true = "libraries_to_link.is_whole_archive",
                        flags = ["-Wl,--no-whole-archive"],
                    ),
                ],
                iterate_over = "libraries_to_link",
            ),
            flag_group(flags = ["-Wl,--end-group"]),
        ],
    )],
)

def _impl(ctx):
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        abi_libc_version = "none",
        abi_version = "none",
        action_configs = [_C_COMPILE],
        compiler = "gcc",
        cxx_builtin_include_directories = [INCLUDE, CLANG_INCLUDE],
        features = [
            # Bazel switches on the one that --compilation_mode names. The default is the small image with symbols
            # beside it; -c dbg is for stepping through.
            feature(name = "dbg"),
            feature(name = "fastbuild"),
            feature(name = "opt"),
            feature(
                name = _COUNTED,
                env_sets = [env_set(
                    actions = _COMPILE_C,
                    env_entries = [env_entry(key = "ATMAN_CLANG", value = CLANG_VERSION)],
                )],
            ),
            feature(
                name = "default_compile_flags",
                enabled = True,
                # Not for gcc, which does not read it: another gcc means other actions.
                env_sets = [env_set(actions = _COMPILE, env_entries = [env_entry(key = "ATMAN_GCC", value = VERSION)])],
                flag_sets = [
                    _flags(_COMPILE_OTHERS, _COMPILE_FLAGS),
                    _flags(_COMPILE_C, _COMPILE_FLAGS, without = _COUNTED),
                    _flags(_COMPILE_C, _COUNTED_FLAGS, _COUNTED),
                    _flags(_COMPILE, ["-Og", "-g"], "dbg"),
                    _flags(_COMPILE, ["-Oz", "-g"], "fastbuild"),
                    _flags(_COMPILE, ["-Oz", "-g"], "opt"),
                ],
            ),
            _LIBRARIES,
            feature(
                name = "default_linker_flags",
                enabled = True,
                flag_sets = [_flags(_LINK, _LINK_FLAGS)],
            ),
        ],
        host_system_name = "local",
        target_cpu = "k8",
        target_libc = "none",
        target_system_name = "xen_pv",
        tool_paths = [tool_path(name = name, path = path) for name, path in TOOLS.items()],
        toolchain_identifier = "xen_pv-gcc",
    )

xen_pv_toolchain_config = rule(
    implementation = _impl,
    provides = [CcToolchainConfigInfo],
)
