# SPDX-License-Identifier: ISC
"""make_kernel: a kernel that make builds from release archives, for a xen_test."""

def _make_kernel_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    config = ctx.actions.declare_file(ctx.label.name + ".cfg")
    headers = ctx.attr._xen_headers[CcInfo].compilation_context.headers
    ctx.actions.run_shell(
        arguments = [out.path, ctx.label.name] + [f.path for f in ctx.files.archives],
        # All that it has is what somebody else would have unpacked: no file of the kit's tree.
        command = """set -eu
out=$PWD/$1 name=$2 xen=$PWD/{xen}
shift 2
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -L {sources} "$work/"
for archive; do tar -xf "$archive" -C "$work"; done
make -s -C "$work" ATMAN_XEN_HEADERS="$xen" "$name"
cp "$work/$name" "$out"
""".format(
            sources = " ".join([f.path for f in ctx.files.srcs]),
            xen = ctx.attr._xen_headers.label.workspace_root,
        ),
        inputs = depset(ctx.files.srcs + ctx.files.archives, transitive = [headers]),
        mnemonic = "OutsideMake",
        outputs = [out],
        use_default_shell_env = True,
    )
    ctx.actions.write(config, "\n".join([
        "name = \"{}\"".format(ctx.label.name),
        "type = \"pv\"",
        "memory = {}".format(ctx.attr.memory),
        "vif = [{}]".format(", ".join(["\"{}\"".format(vif) for vif in ctx.attr.vif])),
        "",
    ]))
    return [
        DefaultInfo(files = depset([out, config])),
        OutputGroupInfo(image = depset([out]), config = depset([config])),
    ]

make_kernel = rule(
    implementation = _make_kernel_impl,
    attrs = {
        "archives": attr.label_list(allow_files = True, mandatory = True),
        "memory": attr.int(mandatory = True),
        "srcs": attr.label_list(allow_files = True, doc = "with a Makefile whose target is `name`", mandatory = True),
        "vif": attr.string_list(),
        "_xen_headers": attr.label(default = "@xen_headers"),
    },
)
