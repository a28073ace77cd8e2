# SPDX-License-Identifier: ISC
"""A second copy of a library in one program: lwIP keeps its state in globals, and a test wants two stacks on a wire."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _renamed_impl(ctx):
    tools = find_cpp_toolchain(ctx)
    archives = []
    for linker_input in ctx.attr.dep[CcInfo].linking_context.linker_inputs.to_list():
        for library in linker_input.libraries:
            archive = library.pic_static_library or library.static_library
            if archive:
                archives.append(archive)
    out = ctx.actions.declare_file(ctx.label.name + ".o")
    ctx.actions.run_shell(
        arguments = [tools.ld_executable, tools.nm_executable, tools.objcopy_executable, out.path, ctx.attr.prefix] +
                    [a.path for a in archives],
        # One object; then what it defines gets other names, there and where it refers to it. The rest stays: the seams,
        # and what counts branches for ./atman coverage.
        command = """
set -eu
ld=$1 nm=$2 objcopy=$3 out=$4 prefix=$5; shift 5
"$ld" -r --whole-archive -o "$out.all" "$@"
"$nm" --defined-only --extern-only --format=posix "$out.all" |
    awk -v p="$prefix" '!/^__llvm/ { print $1, p $1 }' > "$out.names"
"$objcopy" --redefine-syms="$out.names" "$out.all" "$out"
rm "$out.all" "$out.names"
""",
        inputs = depset(archives, transitive = [tools.all_files]),
        mnemonic = "RenamedCopy",
        outputs = [out],
    )
    return [DefaultInfo(files = depset([out]))]

renamed_copy = rule(
    implementation = _renamed_impl,
    attrs = {
        "dep": attr.label(mandatory = True, providers = [CcInfo]),
        "prefix": attr.string(mandatory = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    doc = "`name`.o: `dep` and all that it links, every symbol that it defines begun with `prefix`.",
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
