# SPDX-License-Identifier: ISC
"""A kernel's domain in libvirt's form: https://libvirt.org/formatdomain.html."""

def _escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&apos;")

def _interface(vif):
    """What xl calls a vif: KEY=VALUE,... ; bridge is xenbr0 where it is not given, as with xl's own scripts."""
    words = {}
    for word in vif.split(","):
        key, equals, value = word.strip().partition("=")
        if equals:
            words[key.strip()] = _escape(value.strip())
    lines = ["    <interface type='bridge'>"]
    if "mac" in words:
        lines.append("      <mac address='{}'/>".format(words["mac"]))
    lines.append("      <source bridge='{}'/>".format(words.get("bridge", "xenbr0")))
    if "script" in words:
        lines.append("      <script path='{}'/>".format(words["script"]))
    if "vifname" in words:
        lines.append("      <target dev='{}'/>".format(words["vifname"]))
    if "ip" in words:
        lines.append("      <ip address='{}'/>".format(words["ip"]))
    lines.append("    </interface>")
    return lines

def libvirt_domain(label, memory, vif):
    """The XML of a domain.

    Args:
      label: of the kernel.
      memory: MiB.
      vif: network devices, in xl's form.

    Returns:
      text, in which @KERNEL@ stands for the image's path.
    """
    interfaces = []
    for one in vif:
        interfaces += _interface(one)
    return "\n".join([
        "<!-- How libvirt starts {}; whoever does puts the image's path in. -->".format(_escape(str(label))),
        "<domain type='xen'>",
        "  <name>{}</name>".format(_escape(label.name)),
        "  <memory unit='MiB'>{}</memory>".format(memory),
        "  <vcpu>1</vcpu>",
        "  <os>",
        "    <type arch='x86_64' machine='xenpv'>linux</type>",
        "    <kernel>@KERNEL@</kernel>",
        "  </os>",
        "  <devices>",
    ] + interfaces + [
        "    <console type='pty'>",
        "      <target type='xen'/>",
        "    </console>",
        "  </devices>",
        "</domain>",
        "",
    ])
