# SPDX-License-Identifier: ISC
"""xen_test: kernels on real Xen, judged from dom0."""

def _image(kernel):
    return kernel[OutputGroupInfo].image.to_list()[0]

def _xen_test_impl(ctx):
    images = [_image(kernel) for kernel in ctx.attr.kernels]
    configs = [kernel[OutputGroupInfo].config.to_list()[0] for kernel in ctx.attr.kernels]
    names = {image.basename: image for image in images}
    if len(names) != len(images):
        fail("two kernels have the same name; a case could not tell them apart")

    launcher = ctx.actions.declare_file(ctx.label.name)
    arguments = [str(ctx.label), ctx.file.src.short_path, "-l", str(ctx.attr.case_limit)]
    if ctx.attr.virtual_clock:
        arguments.append("-v")
    for helper in ctx.files.helpers:
        arguments += ["-s", helper.short_path]
    for program in ctx.files.programs:
        arguments += ["-p", "./" + program.short_path]
    for tool in ctx.attr.tools:
        arguments += ["-p", tool]
    arguments += [image.short_path for image in images]
    ctx.actions.write(launcher, "\n".join([
        "#!/bin/sh",
        "exec {} {}".format(ctx.file._runner.short_path, " ".join(["'{}'".format(word) for word in arguments])),
        "",
    ]), is_executable = True)

    return [DefaultInfo(
        executable = launcher,
        runfiles = ctx.runfiles(
            files = [ctx.file.src, ctx.file._runner] + images + configs + ctx.files.helpers + ctx.files.programs +
                    [ctx.file.machine] + ctx.files._machine,
        ),
    )]

_xen_test = rule(
    implementation = _xen_test_impl,
    attrs = {
        "src": attr.label(allow_single_file = [".sh"], mandatory = True),
        "kernels": attr.label_list(mandatory = True),
        "case_limit": attr.int(),
        "virtual_clock": attr.bool(),
        "machine": attr.label(allow_single_file = True),
        "helpers": attr.label_list(allow_files = [".sh"]),
        "programs": attr.label_list(allow_files = True),
        "tools": attr.string_list(),
        "_machine": attr.label(default = "//tools/dom0:machine"),
        "_runner": attr.label(allow_single_file = True, default = "//tools/dom0:xen_test.sh"),
    },
    test = True,
)

def xen_test(
        name,
        src,
        kernels,
        helpers = [],
        programs = [],
        tools = [],
        case_limit = 90,
        virtual_clock = False,
        size = "medium",
        tags = [],
        **kwargs):
    """Defines a test that starts a Xen machine once, in QEMU, and runs the cases of `src` in its dom0.

    Needs no hardware virtualisation, no root and no network, but the packages that `./atman setup` installs; a machine
    without them fails the test with a sentence that says BENCH, as everything does that is not a guest's fault.

    Args:
      name: of the test.
      src: a bash file. Every function in it whose name begins with a capital letter is a case, reported by that name;
          tools/dom0/checks.sh says what cases are written with. `bazel test --test_filter=PATTERN` picks some.
      kernels: the atman_kernel targets that its cases start, by their names.
      helpers: bash files with what several tests' cases share; they are read before `src`.
      programs: built here, which dom0 gets with the libraries they need; its cases call them by their names.
      tools: names of programs that this machine has installed, likewise; tools/dom0/root.sh lists what dom0 always has.
      case_limit: seconds that one case may take.
      virtual_clock: the machine's clock counts its instructions and leaps over the time in which nothing happens. For
          cases that wait: minutes pass at once, and no busy host makes them late. A seventh more work otherwise.
      size: how long all cases together may take, as for every test.
      tags: as for every test.
      **kwargs: as for every test.
    """
    _xen_test(
        name = name,
        size = size,
        src = src,
        kernels = kernels,
        case_limit = case_limit,
        virtual_clock = virtual_clock,
        machine = Label("//tools/dom0:booted_virtual" if virtual_clock else "//tools/dom0:kept"),
        helpers = helpers,
        programs = programs,
        tools = tools,
        tags = tags,
        **kwargs
    )
