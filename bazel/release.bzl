# SPDX-License-Identifier: ISC
"""atman_release: a component as an archive of its own, for other workspaces and for kernels without Bazel."""

# The archive atman_build: these rules, the toolchain and the host's seams, which every other one is built with.
BUILD_VERSION = "0.3.0"

AtmanReleaseInfo = provider(
    doc = "An archive and those that it needs.",
    fields = {
        "archive": "its own",
        "archives": "depset of archives, its own included",
        "inputs": "depset of what it was made of",
        "remake": "the command that made it, less the file that it writes",
        "name": "such as mm",
        "version": "MAJOR.MINOR.PATCH",
    },
)

_ContentsInfo = provider(
    fields = {
        "lines": "depset of manifest lines, see tools/release/archive.sh",
        "upstream": "depset of upstream's sources",
    },
)

def _folder(label):
    return "/".join([part for part in [label.workspace_root, label.package] if part])

def _below(folder, path):
    return path[len(folder) + 1:] if folder and path.startswith(folder + "/") else path

def _at(label, path):
    """The repository of a label as archive.sh names it, and a path in its package or execution root, below its root."""
    if not label.workspace_name:
        return ". " + _below(label.package, path)
    return "{} {}".format(label.workspace_name, _below(label.workspace_root, path))

def _contents_impl(target, ctx):
    here = _folder(target.label)
    lines = ["upstream " + target.label.workspace_name] if target.label.workspace_name else []
    for include in getattr(ctx.rule.attr, "includes", []):
        lines.append("include " + _at(target.label, "{}/{}".format(here, include)))
    for option in getattr(ctx.rule.attr, "copts", []):
        if option.startswith("-I"):
            lines.append("include " + _at(target.label, option[2:]))
        elif option.startswith("-D"):
            lines.append("define " + option[2:])
    for define in getattr(ctx.rule.attr, "defines", []) + getattr(ctx.rule.attr, "local_defines", []):
        lines.append("define " + define)
    upstream = []
    for source in getattr(ctx.rule.files, "srcs", []):
        if source.owner.workspace_name:
            upstream.append(source)
            lines.append("upstream " + source.owner.workspace_name)
        if source.is_source and source.extension in ["c", "S"]:
            lines.append("source " + _at(source.owner, source.path))
    below = [
        dep[_ContentsInfo]
        for dep in getattr(ctx.rule.attr, "deps", [])
        if dep.label.workspace_name or dep.label.package == target.label.package
    ]
    return [_ContentsInfo(
        lines = depset(lines, transitive = [dep.lines for dep in below], order = "preorder"),
        upstream = depset(upstream, transitive = [dep.upstream for dep in below]),
    )]

# What the component's own libraries and those from upstream are made of; neighbours are archives of their own.
_contents = aspect(
    implementation = _contents_impl,
    attr_aspects = ["deps"],
)

def _release_impl(ctx):
    name, version = ctx.attr.component, ctx.attr.version
    lines = [] if name == "build" else ["use build {0} {0}".format(BUILD_VERSION)]
    for use, least in ctx.attr.uses.items():
        lines.append("use {} {} {}".format(use[AtmanReleaseInfo].name, use[AtmanReleaseInfo].version, least))
    if ctx.attr.library:
        lines += ctx.attr.library[_ContentsInfo].lines.to_list()
    manifest = ctx.actions.declare_file(ctx.label.name + ".manifest")
    ctx.actions.write(manifest, "".join([line + "\n" for line in lines]))

    out = ctx.actions.declare_file("atman_{}-{}.tar.gz".format(name, version))
    inputs = depset([ctx.file._archive, manifest] + ctx.files.srcs + ctx.files._pins)
    ctx.actions.run(
        executable = ctx.file._archive,
        arguments = [out.path, name, version, ctx.attr.folder, manifest.path] + [f.path for f in ctx.files.srcs],
        inputs = inputs,
        mnemonic = "AtmanRelease",
        outputs = [out],
        progress_message = "Making " + out.basename,
    )
    archives = depset([out], transitive = [use[AtmanReleaseInfo].archives for use in ctx.attr.uses])
    return [
        AtmanReleaseInfo(
            archive = out,
            archives = archives,
            inputs = inputs,
            name = name,
            remake = [ctx.file._archive.short_path, name, version, ctx.attr.folder, manifest.short_path] +
                     [f.short_path for f in ctx.files.srcs],
            version = version,
        ),
        DefaultInfo(files = archives, runfiles = ctx.runfiles(transitive_files = archives)),
    ]

atman_release = rule(
    implementation = _release_impl,
    attrs = {
        "component": attr.string(mandatory = True),
        "folder": attr.string(doc = "the sources' folder, which becomes the archive's root"),
        "library": attr.label(aspects = [_contents], providers = [CcInfo]),
        "srcs": attr.label_list(allow_files = True, mandatory = True),
        "uses": attr.label_keyed_string_dict(providers = [AtmanReleaseInfo]),
        "version": attr.string(mandatory = True),
        "_archive": attr.label(allow_single_file = True, default = "//tools/release:archive.sh"),
        "_pins": attr.label(default = "//tools/release:pins"),
    },
    doc = "Builds atman_COMPONENT-VERSION.tar.gz and the archives of what it uses.",
)

def _release_test_impl(ctx):
    release = ctx.attr.release[AtmanReleaseInfo]
    headers = ctx.attr.library[CcInfo].compilation_context.headers
    sources = ctx.attr.library[_ContentsInfo].upstream
    folders = {}
    for f in headers.to_list() + sources.to_list():
        if f.owner.workspace_name:
            name = f.owner.workspace_name
            folders["ATMAN_{}=../{}".format(name.upper(), name)] = None
    words = [
        release.name,
        " ".join([archive.short_path for archive in release.archives.to_list()]),
        " ".join(folders.keys()),
        "--",
    ] + release.remake
    launcher = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(launcher, "#!/bin/sh\nexec {} {}\n".format(
        ctx.file._script.short_path,
        " ".join(["'{}'".format(word) for word in words]),
    ), is_executable = True)
    return [DefaultInfo(executable = launcher, runfiles = ctx.runfiles(
        files = [ctx.file._script, ctx.file._check_bom],
        transitive_files = depset(transitive = [release.archives, release.inputs, headers, sources]),
    ))]

_release_test = rule(
    implementation = _release_test_impl,
    attrs = {
        "library": attr.label(aspects = [_contents], mandatory = True, providers = [CcInfo]),
        "release": attr.label(mandatory = True, providers = [AtmanReleaseInfo]),
        "_check_bom": attr.label(allow_single_file = True, default = "//tools/release:check_bom.py"),
        "_script": attr.label(allow_single_file = True, default = "//tools/release:release_test.sh"),
    },
    test = True,
)

def component_release(name, version, library, uses, tags = []):
    """Defines `name`.release for a component of the kit, made of all files in its folder, and `name`.release_test.

    Args:
      name: the component's name.
      version: its version.
      library: the library that it is.
      uses: as atman_component's.
      tags: as for every target.
    """
    atman_release(
        name = name + ".release",
        component = name,
        folder = native.package_name(),
        library = library,
        srcs = native.glob(["**"]),
        tags = tags + ["atman-release"],
        uses = {"{}:{}.release".format(use, use.split("/")[-1]): least for use, least in uses.items()},
        version = version,
        visibility = ["//visibility:public"],
    )
    _release_test(
        name = name + ".release_test",
        size = "medium",
        library = library,
        release = name + ".release",
        tags = tags,
        visibility = ["//visibility:private"],
    )
