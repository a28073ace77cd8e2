# SPDX-License-Identifier: ISC
"""What the tests need of the guest's own object code: under other names for the host, and linked into a program."""

load("//bazel:guest.bzl", "counted_guest_transition")
load("//bazel:guest_object.bzl", "GUEST_CODE_ATTRS", "guest_archives", "guest_code", "guest_code_attrs")

# By how much clang's counters are moved, once for a program: see .bazelrc.
_COUNTERS = "__llvm_profile_counter_bias"

def _renamed_impl(ctx):
    # One object, so that its references to itself are renamed with what they refer to. What counts is the host's.
    command = "\"$ld\" -r --whole-archive -o \"$out.all\" \"$@\" && " + \
              "\"$objcopy\" --remove-section=.gnu.lto_* --prefix-symbols={} ".format(ctx.attr.prefix) + \
              "\"$out.all\" \"$out\" && rm \"$out.all\" && " + \
              "\"$objcopy\" --redefine-sym={0}{1}={1} \"$out\"".format(ctx.attr.prefix, _COUNTERS)
    return guest_code(ctx, ctx.actions.declare_file(ctx.label.name + ".o"), command, guest_archives(ctx))

guest_code_renamed = rule(
    implementation = _renamed_impl,
    attrs = dict(guest_code_attrs(counted_guest_transition), prefix = attr.string(mandatory = True)),
    doc = "`name`.o: all that the guest libraries `deps` consist of, every symbol's name begun with `prefix`.",
)

def _program_impl(ctx):
    # At the address of a guest, with every seam at 0: it is measured and never run.
    seams = " ".join(["--defsym={}=0".format(seam) for seam in ctx.attr.seams])
    command = "\"$ld\" -static --gc-sections -z noexecstack -e main -o \"$out\" " + seams + \
              " --start-group \"$@\" --end-group"
    return guest_code(ctx, ctx.actions.declare_file(ctx.label.name + ".elf"), command, guest_archives(ctx))

guest_program = rule(
    implementation = _program_impl,
    attrs = dict(GUEST_CODE_ATTRS, seams = attr.string_list()),
    doc = "`name`.elf: what main() in `deps` needs of the libraries and nothing of a platform.",
)
