# SPDX-License-Identifier: ISC
"""atman_kernel: an application and the components it names, as one image that boots on Xen."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load(":composition.bzl", "atman_components")
load(":guest.bzl", "guest_transition")
load(":libvirt.bzl", "libvirt_domain")
load(":link_map.bzl", "link_map")

def _quote(text):
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\""

def _strip(ctx, debug):
    """The image: `debug` without symbols, if it keeps to its budget."""
    tools = ctx.attr._cc_toolchain[0][cc_common.CcToolchainInfo]
    image = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.run(
        executable = ctx.executable._strip,
        arguments = [tools.strip_executable, debug.path, image.path, str(ctx.attr.budget), str(ctx.label)],
        env = {"PATH": "/usr/bin:/bin"},
        inputs = depset([debug], transitive = [tools.all_files]),
        mnemonic = "AtmanStrip",
        outputs = [image],
        progress_message = "Stripping " + image.short_path,
    )
    return image

def _write_configs(ctx):
    config = ctx.actions.declare_file(ctx.label.name + ".cfg")
    ctx.actions.write(config, "\n".join([
        "# How xl starts {}; whoever does puts the image's path in.".format(str(ctx.label)),
        "name = " + _quote(ctx.label.name),
        "type = \"pv\"",
        "kernel = \"@KERNEL@\"",
        "memory = {}".format(ctx.attr.memory),
        "vif = [{}]".format(", ".join([_quote(vif) for vif in ctx.attr.vif])),
        "",
    ]))
    domain = ctx.actions.declare_file(ctx.label.name + ".xml")
    ctx.actions.write(domain, libvirt_domain(ctx.label, ctx.attr.memory, ctx.attr.vif))
    return config, domain

def _copy(ctx, suffix, target):
    """`target`'s file beside the others; made only when somebody asks for it."""
    copy = ctx.actions.declare_file(ctx.label.name + suffix)
    ctx.actions.symlink(output = copy, target_file = target)
    return copy

def _kernel_impl(ctx):
    debug = _copy(ctx, ".debug", ctx.attr.elf[0][DefaultInfo].files_to_run.executable)
    image = _strip(ctx, debug)
    config, domain = _write_configs(ctx)
    files = [image, debug, config, domain]
    return [
        DefaultInfo(files = depset(files), runfiles = ctx.runfiles(files = files)),
        OutputGroupInfo(
            components = depset([
                _copy(ctx, ".components", ctx.attr.components[0][OutputGroupInfo].table.to_list()[0]),
            ]),
            config = depset([config]),
            debug = depset([debug]),
            domain = depset([domain]),
            image = depset([image]),
            map = depset([_copy(ctx, ".map", ctx.attr.map[0][DefaultInfo].files.to_list()[0])]),
        ),
    ]

_kernel = rule(
    implementation = _kernel_impl,
    attrs = {
        "budget": attr.int(),
        "components": attr.label(cfg = guest_transition, mandatory = True),
        "elf": attr.label(cfg = guest_transition, mandatory = True),
        "map": attr.label(cfg = guest_transition, mandatory = True),
        "memory": attr.int(mandatory = True),
        "vif": attr.string_list(),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_cc_toolchain": attr.label(cfg = guest_transition, default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_strip": attr.label(cfg = "exec", default = "//tools/size:strip", executable = True),
    },
    doc = "Builds `elf` for the guest and lays the image, its symbols and its configuration into the host's bazel-bin.",
)

_GUEST_ONLY = str(Label("//platforms:xen_pv_guest"))
_PLATFORM = str(Label("//platforms/xen_pv"))
_SCRIPT = str(Label("//platforms/xen_pv:xen_pv.lds"))

# See platforms/xen_pv/src/layout.h. It has to come before the script that asks for it.
_LARGE = ["-Wl,--defsym=at_xen_pv_image_base=0x40280000"]

def atman_kernel(
        name,
        srcs,
        deps = [],
        memory = 32,
        vif = [],
        budget = 0,
        large = False,
        linkopts = [],
        visibility = None,
        **kwargs):
    """Defines a kernel: `bazel build` puts `name` and four files beside it into the package's folder in bazel-bin.

    `name` is the image without symbols, `name`.debug the same code with them, `name`.cfg a configuration for xl and
    `name`.xml one for libvirt, in which @KERNEL@ stands for the image's path. The image names its components and their
    versions, which `atman inspect` reads.

    Args:
      name: of the kernel.
      srcs: C11, or assembly (.S), with a main(); see platforms/xen_pv for how it is called.
      deps: the components it is made of; the platform comes by itself.
      memory: MiB that the guest gets, unless whoever starts it says otherwise.
      vif: network devices, each as in xl's `vif`: "mac=00:16:3e:4d:4e:04,bridge=xenbr0", or "".
      budget: bytes that the image may have: if it has more, the build fails and says which components are the
        largest. 0 for no limit.
      large: whether it has more than 200 KiB, variables included, or soon needs more memory than half a MiB. Xen's
        domain builder then maps 1.5 MiB for it, at no cost to the guest, which needs at least 2. Without it an image
        of more than 200 KiB needs 5 MiB, and a smaller one gets by with 1.
      linkopts: further options for the linker.
      visibility: as ever.
      **kwargs: as for cc_binary (copts, defines, testonly, tags, ...).
    """
    base = _LARGE if large else []
    atman_components(
        name = name + ".components",
        tags = kwargs.get("tags", []),
        target_compatible_with = [_GUEST_ONLY],
        testonly = kwargs.get("testonly", False),
        visibility = ["//visibility:private"],
        deps = deps + [_PLATFORM],
    )
    cc_binary(
        name = name + ".elf",
        srcs = srcs + [name + ".components"],
        additional_linker_inputs = [_SCRIPT],
        linkopts = base + ["-Wl,-T,$(location {})".format(_SCRIPT)] + linkopts,
        linkstatic = True,
        target_compatible_with = [_GUEST_ONLY],
        visibility = ["//visibility:private"],
        deps = deps + [_PLATFORM],
        **kwargs
    )
    link_map(
        name = name + ".link_map",
        base = base,
        elf = name + ".elf",
        linkopts = linkopts,
        script = _SCRIPT,
        tags = kwargs.get("tags", []),
        target_compatible_with = [_GUEST_ONLY],
        testonly = kwargs.get("testonly", False),
        visibility = ["//visibility:private"],
        deps = deps + [_PLATFORM],
    )
    _kernel(
        name = name,
        budget = budget,
        components = name + ".components",
        map = name + ".link_map",
        elf = name + ".elf",
        memory = memory,
        tags = kwargs.get("tags", []),
        testonly = kwargs.get("testonly", False),
        vif = vif,
        visibility = visibility,
    )
