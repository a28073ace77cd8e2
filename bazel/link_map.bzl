# SPDX-License-Identifier: ISC
"""link_map: the linker's own account of a kernel, for `atman explain`."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _archives(deps):
    return depset([
        library.static_library or library.pic_static_library
        for dep in deps
        for linked in dep[CcInfo].linking_context.linker_inputs.to_list()
        for library in linked.libraries
    ], order = "topological").to_list()

def _link_map_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(ctx = ctx, cc_toolchain = toolchain)
    flags = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = ACTION_NAMES.cpp_link_executable,
        variables = cc_common.create_link_variables(feature_configuration = features, cc_toolchain = toolchain),
    )
    objects = ctx.attr.elf[OutputGroupInfo].compilation_outputs
    archives = _archives(ctx.attr.deps)
    map = ctx.actions.declare_file(ctx.label.name)
    elf = ctx.actions.declare_file(ctx.label.name + ".elf")
    arguments = ctx.actions.args()
    arguments.add_all(["-o", elf, "-Wl,-Map=" + map.path])
    arguments.add_all(ctx.attr.base)
    arguments.add("-Wl,-T," + ctx.file.script.path)
    arguments.add("-Wl,--start-group")
    arguments.add_all(objects)
    arguments.add_all(archives)
    arguments.add("-Wl,--end-group")
    arguments.add_all(flags)
    arguments.add_all(ctx.attr.linkopts)
    ctx.actions.run(
        executable = cc_common.get_tool_for_action(
            feature_configuration = features,
            action_name = ACTION_NAMES.cpp_link_executable,
        ),
        arguments = [arguments],
        env = {"PATH": "/usr/bin:/bin"},
        inputs = depset([ctx.file.script] + archives, transitive = [objects, toolchain.all_files]),
        mnemonic = "AtmanLinkMap",
        outputs = [map, elf],
    )
    return [DefaultInfo(files = depset([map]))]

link_map = rule(
    implementation = _link_map_impl,
    attrs = {
        "base": attr.string_list(doc = "Options that come before the script."),
        "deps": attr.label_list(providers = [CcInfo]),
        "elf": attr.label(doc = "The program as cc_binary links it: its objects are linked once more."),
        "linkopts": attr.string_list(),
        "script": attr.label(allow_single_file = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    doc = "Links a program as cc_binary does, for the map that its rule has no output for.",
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
