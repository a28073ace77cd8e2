# SPDX-License-Identifier: ISC
"""What the tests need of the guest's own object code: under other names for the host, and linked into a program."""

load("//bazel:guest.bzl", "guest_transition")

_ATTRS = {
    "deps": attr.label_list(cfg = guest_transition, mandatory = True, providers = [CcInfo]),
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
    "_cc_toolchain": attr.label(cfg = guest_transition, default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
}

def _archives(ctx):
    inputs = depset(transitive = [dep[CcInfo].linking_context.linker_inputs for dep in ctx.attr.deps])
    return [
        library.static_library
        for linker_input in inputs.to_list()
        for library in linker_input.libraries
        if library.static_library
    ]

def _run(ctx, out, command, archives):
    tools = ctx.attr._cc_toolchain[0][cc_common.CcToolchainInfo]
    ctx.actions.run_shell(
        arguments = [tools.ld_executable, tools.objcopy_executable, out.path] + [a.path for a in archives],
        command = "set -eu; ld=$1 objcopy=$2 out=$3; shift 3; " + command,
        inputs = depset(archives, transitive = [tools.all_files]),
        mnemonic = "GuestCode",
        outputs = [out],
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles(files = [out]))]

def _renamed_impl(ctx):
    # One object, so that its references to itself are renamed with what they refer to.
    command = "\"$ld\" -r --whole-archive -o \"$out.all\" \"$@\" && " + \
              "\"$objcopy\" --remove-section=.gnu.lto_* --prefix-symbols={} ".format(ctx.attr.prefix) + \
              "\"$out.all\" \"$out\" && rm \"$out.all\""
    return _run(ctx, ctx.actions.declare_file(ctx.label.name + ".o"), command, _archives(ctx))

guest_code_renamed = rule(
    implementation = _renamed_impl,
    attrs = dict(_ATTRS, prefix = attr.string(mandatory = True)),
    doc = "`name`.o: all that the guest libraries `deps` consist of, every symbol's name begun with `prefix`.",
)

def _program_impl(ctx):
    # At the address of a guest, with every seam at 0: it is measured and never run.
    seams = " ".join(["--defsym={}=0".format(seam) for seam in ctx.attr.seams])
    command = "\"$ld\" -static --gc-sections -z noexecstack -e main -o \"$out\" " + seams + \
              " --start-group \"$@\" --end-group"
    return _run(ctx, ctx.actions.declare_file(ctx.label.name + ".elf"), command, _archives(ctx))

guest_program = rule(
    implementation = _program_impl,
    attrs = dict(_ATTRS, seams = attr.string_list()),
    doc = "`name`.elf: what main() in `deps` needs of the libraries and nothing of a platform.",
)
