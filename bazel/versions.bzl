# SPDX-License-Identifier: ISC
"""component_versions: what a component's version promises, held against its changelog and its recorded interface."""

def _interface_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    context = ctx.attr.library[CcInfo].compilation_context
    folders = depset(transitive = [context.includes, context.quote_includes, context.system_includes])
    ctx.actions.run(
        executable = ctx.file._describe,
        arguments = [out.path, ctx.attr.component, ctx.attr.version] + [h.path for h in ctx.files.hdrs] + ["--"] +
                    ["-I" + folder for folder in folders.to_list()],
        inputs = depset([ctx.file._describe] + ctx.files.hdrs, transitive = [context.headers]),
        mnemonic = "AtmanInterface",
        outputs = [out],
        progress_message = "Describing the interface of " + ctx.attr.component,
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles(files = [out]))]

_interface = rule(
    implementation = _interface_impl,
    attrs = {
        "component": attr.string(mandatory = True),
        "hdrs": attr.label_list(allow_files = [".h"], mandatory = True),
        "library": attr.label(mandatory = True, providers = [CcInfo]),
        "version": attr.string(mandatory = True),
        "_describe": attr.label(allow_single_file = True, default = "//tools/abi:describe.sh"),
    },
    doc = "The file `name`: what the public headers promise to compiled code; see tools/abi/describe.sh.",
)

def component_versions(name, version, hdrs, library, tags = []):
    """Tests that the component's changelog begins with its version, and that the version says what its headers changed.

    Defines `name`.abi, which describes the interface of today, `name`.changelog_test, and `name`.abi_test, which wants
    an interface to be recorded in abi/`name`.abi. `./atman abi --update` records it.

    Args:
      name: the component's name.
      version: its version.
      hdrs: its public headers.
      library: what they need to be compiled.
      tags: as for every target.
    """
    native.sh_test(
        name = name + ".changelog_test",
        size = "small",
        srcs = [str(Label("//tools/abi:changelog.sh"))],
        args = ["$(location CHANGELOG.md)", name, version],
        data = ["CHANGELOG.md"],
        tags = tags,
        visibility = ["//visibility:private"],
    )
    _interface(
        name = name + ".abi",
        component = name,
        hdrs = hdrs,
        library = library,
        # Looked for by ./atman abi; needs a tool that a plain build does not.
        tags = tags + ["atman-interface", "manual"],
        version = version,
        visibility = ["//visibility:private"],
    )
    recorded = "abi/{}.abi".format(name)
    native.sh_test(
        name = name + ".abi_test",
        size = "small",
        srcs = [str(Label("//tools/abi:check.sh"))],
        args = [native.package_name() + "/" + recorded, "$(location {}.abi)".format(name), "$(location CHANGELOG.md)"],
        data = ["CHANGELOG.md", name + ".abi"] + native.glob([recorded]),
        tags = tags,
        visibility = ["//visibility:private"],
    )
