# SPDX-License-Identifier: ISC
"""Rules that take the guest's object code somewhere else, and guest_object: into a process of this machine."""

load(":guest.bzl", "guest_transition")

def guest_code_attrs(transition):
    """What guest_code() needs of a rule's attributes, with `deps` as `transition` builds them."""
    return {
        "deps": attr.label_list(cfg = transition, mandatory = True, providers = [CcInfo]),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_cc_toolchain": attr.label(cfg = transition, default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    }

GUEST_CODE_ATTRS = guest_code_attrs(guest_transition)

def guest_archives(ctx, without = []):
    """The archives that `deps` of a rule with GUEST_CODE_ATTRS consist of, but for those of the packages `without`."""
    inputs = depset(transitive = [dep[CcInfo].linking_context.linker_inputs for dep in ctx.attr.deps])
    return [
        library.static_library
        for linker_input in inputs.to_list()
        for library in linker_input.libraries
        if library.static_library and linker_input.owner.package not in without
    ]

def guest_code(ctx, out, command, archives):
    """Makes the file `out` by the shell's `command`, which has $ld, $objcopy, $nm, $out and the archives as "$@"."""
    tools = ctx.attr._cc_toolchain[0][cc_common.CcToolchainInfo]
    ctx.actions.run_shell(
        arguments = [tools.ld_executable, tools.objcopy_executable, tools.nm_executable, out.path] +
                    [archive.path for archive in archives],
        command = "set -eu; ld=$1 objcopy=$2 nm=$3 out=$4; shift 4; " + command,
        inputs = depset(archives, transitive = [tools.all_files]),
        mnemonic = "GuestCode",
        outputs = [out],
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles(files = [out]))]

# One object, in which the names of the guest's C library are nobody else's; and nothing that this machine's C library
# could answer instead. What has to be called at the process's end is not the guest's exit()'s to call.
_OBJECT = """
    "$ld" -r --gc-sections -u {entry} --defsym=__fini_array_start=0 --defsym=__fini_array_end=0 \\
        -o "$out.all" --start-group "$@" --end-group
    "$objcopy" --remove-section='.gnu.lto_*' --keep-global-symbol={entry} "$out.all" "$out"
    rm "$out.all"
    if "$nm" -u "$out" | grep -v ' at_'; then
        echo "{label}: the guest's C library has no such function." && exit 1
    fi
"""

def _object_impl(ctx):
    without = [library.label.package for library in ctx.attr.without]
    command = _OBJECT.format(entry = ctx.attr.entry, label = str(ctx.label))
    return guest_code(ctx, ctx.actions.declare_file(ctx.label.name + ".o"), command, guest_archives(ctx, without))

guest_object = rule(
    implementation = _object_impl,
    attrs = dict(
        GUEST_CODE_ATTRS,
        entry = attr.string(mandatory = True),
        without = attr.label_list(),
    ),
    doc = "`name`.o: what the function `entry` needs of `deps`, of which nothing else is visible. It is to be linked " +
          "with the platform and the components `without`, of which it has nothing.",
)
