# SPDX-License-Identifier: ISC
"""image_test: what must be true of a kernel's image before anybody boots it."""

def _file_impl(ctx):
    files = ctx.attr.kernel[OutputGroupInfo][ctx.attr.output]
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

kernel_file = rule(
    implementation = _file_impl,
    attrs = {
        "kernel": attr.label(mandatory = True),
        "output": attr.string(
            mandatory = True,
            values = ["components", "config", "debug", "domain", "image", "map"],
        ),
    },
    doc = "One of an atman_kernel's files, so that it can be named by a label.",
)

def image_test(name, kernel, absent = "", **kwargs):
    """Tests that an atman_kernel is static, W^X, has Xen's notes, and the same code with and without symbols.

    Args:
      name: of the test.
      kernel: the label of an atman_kernel.
      absent: an extended regular expression; no symbol of the kernel may match it. For what must not be linked.
      **kwargs: as for sh_test.
    """
    for output in ["image", "debug"]:
        kernel_file(
            name = "{}.{}".format(name, output),
            kernel = kernel,
            output = output,
            testonly = True,
        )
    native.sh_test(
        name = name,
        size = "small",
        srcs = [str(Label("//bazel:image_test.sh"))],
        args = [
            "$(rootpath :{}.image)".format(name),
            "$(rootpath :{}.debug)".format(name),
            "'{}'".format(absent),
        ],
        data = [
            ":{}.debug".format(name),
            ":{}.image".format(name),
        ],
        **kwargs
    )
