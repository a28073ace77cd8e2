# SPDX-License-Identifier: ISC
"""atman_component: one separately versioned library of the kit, which depends on nothing that it does not declare."""

load("@rules_cc//cc:defs.bzl", "cc_library")
load(":release.bzl", "component_release")
load(":tidy.bzl", "tidy_test")
load(":versions.bzl", "component_versions")

AtmanComponentInfo = provider(
    doc = "What a component says about itself.",
    fields = {
        "name": "such as mm",
        "version": "MAJOR.MINOR.PATCH",
    },
)

_EdgesInfo = provider(
    fields = {"edges": "depset of (from, to) labels that leave the package; upstream libraries are not among them"},
)

def _edges_impl(target, ctx):
    leaving = []
    staying = []
    for dep in getattr(ctx.rule.attr, "deps", []):
        same_tree = dep.label.workspace_name == target.label.workspace_name
        if same_tree and dep.label.package == target.label.package:
            staying.append(dep[_EdgesInfo].edges)
        elif same_tree or AtmanComponentInfo in dep:
            leaving.append((target.label, dep.label))
    return [_EdgesInfo(edges = depset(leaving, transitive = staying))]

# Follows the libraries inside the component's package, so that a helper library hides no neighbour.
_edges = aspect(
    implementation = _edges_impl,
    attr_aspects = ["deps"],
)

def _short(label):
    """//components/mm for //components/mm:mm, any other label as it is."""
    package = ("@" + label.workspace_name if label.workspace_name else "") + "//" + label.package
    if label.name == package.split("/")[-1]:
        return package
    return "{}:{}".format(package, label.name)

def _numbers(version, count, whose):
    numbers = version.split(".")
    if len(numbers) != count or not all([n.isdigit() for n in numbers]):
        fail("{}: the version {} is not {}.".format(whose, repr(version), ".".join(["NUMBER"] * count)))
    return [int(n) for n in numbers]

def _check_versions(me, uses):
    for neighbour, wanted in uses.items():
        info = neighbour[AtmanComponentInfo]
        want_major, want_minor = _numbers(wanted, 2, "{} uses {}".format(me, _short(neighbour.label)))
        major, minor, _ = _numbers(info.version, 3, _short(neighbour.label))
        if major != want_major or minor < want_minor:
            fail(("{} uses {} {}, but the tree has {}: adapt it to that version and say so in its `uses`, or take a " +
                  "version that fits.").format(me, _short(neighbour.label), wanted, info.version))

def _check_edges(me, ctx):
    declared = {use.label: True for use in ctx.attr.uses}
    for source, target in ctx.attr.library[_EdgesInfo].edges.to_list():
        if target not in declared:
            fail(("{} depends on {} (by {}) without saying so: if a lower layer may be used here, add {}: " +
                  "\"VERSION\" to its `uses`; if not, take what it needs through a seam.").format(
                me,
                _short(target),
                source.name,
                repr(_short(target)),
            ))

def _component_impl(ctx):
    me = "component " + _short(ctx.label)
    _numbers(ctx.attr.version, 3, me)
    _check_versions(me, ctx.attr.uses)
    _check_edges(me, ctx)
    library = ctx.attr.library
    return [
        AtmanComponentInfo(name = ctx.label.name, version = ctx.attr.version),
        DefaultInfo(files = library[DefaultInfo].files),
        library[CcInfo],
        library[OutputGroupInfo],
        coverage_common.instrumented_files_info(ctx, dependency_attributes = ["library"]),
    ]

_component = rule(
    implementation = _component_impl,
    attrs = {
        "library": attr.label(aspects = [_edges], mandatory = True, providers = [CcInfo]),
        "uses": attr.label_keyed_string_dict(providers = [AtmanComponentInfo]),
        "version": attr.string(mandatory = True),
    },
    doc = "The library, handed on only if it keeps to what its component declares.",
    provides = [AtmanComponentInfo, CcInfo],
)

def _header_units_impl(ctx):
    units = []
    for header in ctx.files.hdrs:
        for language in ["c", "cc"]:
            unit = ctx.actions.declare_file("{}.units/{}.{}".format(ctx.label.name, header.short_path, language))

            # By its path: what is found in an include folder counts as a system header and never warns.
            ctx.actions.write(unit, "#include \"{}\"\ntypedef int at_not_empty;\n".format(header.short_path))
            units.append(unit)
    return [DefaultInfo(files = depset(units))]

_header_units = rule(
    implementation = _header_units_impl,
    attrs = {"hdrs": attr.label_list(allow_files = [".h"])},
    doc = "For each header a C and a C++ source file that includes it and nothing else.",
)

# What <string.h> and its like are in a guest; on the host they are the host's.
_C_LIBRARY = {
    str(Label("//platforms:is_xen_pv")): [str(Label("@musl//:headers"))],
    "//conditions:default": [],
}

# A component computes with integers. For the first vector register that a guest touches after it has slept, to clear
# 16 bytes with, Xen takes a trap of 220 instructions; without them a kernel is no larger either.
_COPTS = {
    str(Label("//platforms:is_xen_pv")): ["-mno-sse"],
    "//conditions:default": [],
}

def atman_component(name, version, hdrs, srcs = [], uses = {}, deps = [], visibility = None, **kwargs):
    """Defines the C library `name` that is a component of the kit.

    Beside it, `name`.headers builds if each public header is self-contained and without warnings in C11 and C++17.

    Depending on a component that `uses` does not name, or on a version of it that does not fit, fails the analysis of
    everything that contains this component.

    Args:
      name: the component's name, and the last part of its package.
      version: MAJOR.MINOR.PATCH; CHANGELOG.md says what changed.
      hdrs: public headers, in include/atman/`name`/.
      srcs: sources and private headers.
      uses: {"//components/base": "1.2"}: each neighbour, which becomes a dependency, and the lowest version of it that
        will do. Versions of the same major number that are not lower fit.
      deps: upstream libraries, such as "@xen_headers", and libraries of this package.
      visibility: everybody, unless it says otherwise.
      **kwargs: as for cc_library (copts, textual_hdrs, ...).
    """
    cc_library(
        name = name + ".library",
        srcs = srcs,
        copts = select(_COPTS) + kwargs.pop("copts", []),
        hdrs = hdrs,
        includes = ["include"],
        linkstatic = True,
        visibility = ["//visibility:private"],
        deps = deps + uses.keys() + select(_C_LIBRARY),
        **kwargs
    )
    _component(
        name = name,
        library = name + ".library",
        tags = kwargs.get("tags", []),
        testonly = kwargs.get("testonly", False),
        uses = uses,
        version = version,
        visibility = visibility or ["//visibility:public"],
    )
    if not hdrs:
        return
    if native.package_name() == "components/" + name:
        # In the kit itself, and not in its own tests or in an archive.
        component_versions(name, version, hdrs, name + ".library")
        component_release(name, version, name + ".library", uses)
        tidy_test(
            name = name + ".tidy_test",
            size = "small",
            guest = [name],
            tags = kwargs.get("tags", []),
            visibility = ["//visibility:private"],
        )
    _header_units(
        name = name + ".header_units",
        hdrs = hdrs,
        tags = kwargs.get("tags", []),
    )
    cc_library(
        name = name + ".headers",
        srcs = [name + ".header_units"],
        copts = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"],
        linkstatic = True,
        tags = kwargs.get("tags", []),
        target_compatible_with = kwargs.get("target_compatible_with", []),
        testonly = True,
        visibility = ["//visibility:private"],
        deps = [name],
    )
