# SPDX-License-Identifier: ISC
"""What a kernel is made of: its components and their versions, as a note in its image and as a table for tools."""

load(":component.bzl", "AtmanComponentInfo")

_CompositionInfo = provider(
    fields = {"components": "depset of (name, version, package, packages it uses)"},
)

def _targets(attr, name):
    """The targets of an attribute that is a list, a dictionary by targets, a target, or absent."""
    value = getattr(attr, name, None)
    if not value:
        return []
    if type(value) == "list":
        return value
    if type(value) == "dict":
        return value.keys()
    return [value]

def _composition_impl(target, ctx):
    below = [
        dep[_CompositionInfo].components
        for name in ["deps", "library", "uses"]
        for dep in _targets(ctx.rule.attr, name)
        if _CompositionInfo in dep
    ]
    own = []
    if AtmanComponentInfo in target:
        info = target[AtmanComponentInfo]
        uses = sorted([use.label.package for use in _targets(ctx.rule.attr, "uses")])
        own.append((info.name, info.version, target.label.package, ",".join(uses)))
    return [_CompositionInfo(components = depset(own, transitive = below))]

_composition = aspect(
    implementation = _composition_impl,
    attr_aspects = ["deps", "library", "uses"],
)

# The type of the note; tools/lint/src/inspect.c reads it.
_NOTE = """/* The components of {label}, in the form of an ELF note. */
.section .note.Atman, "a", @note
.balign 4
.long 2f - 1f, 4f - 3f, 1
1:  .asciz "Atman"
2:  .balign 4
3:  .ascii "{text}"
4:  .balign 4
.section .note.GNU-stack, "", @progbits
"""

def _components_impl(ctx):
    components = depset(transitive = [dep[_CompositionInfo].components for dep in ctx.attr.deps])
    found = {component[0]: component for component in components.to_list()}
    ordered = [found[name] for name in sorted(found)]

    note = ctx.actions.declare_file(ctx.label.name + ".S")
    ctx.actions.write(note, _NOTE.format(
        label = str(ctx.label),
        text = "".join(["{} {}\\n".format(name, version) for name, version, _, _ in ordered]),
    ))
    table = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.write(table, "".join([" ".join(component) + "\n" for component in ordered]))
    return [
        DefaultInfo(files = depset([note])),
        OutputGroupInfo(table = depset([table])),
    ]

atman_components = rule(
    implementation = _components_impl,
    attrs = {"deps": attr.label_list(aspects = [_composition])},
    doc = "An assembly file with the note; in the output group `table` a line for each: name, version, package, uses.",
)
