# SPDX-License-Identifier: ISC
"""guest_transition: to how everything is built that runs on Xen."""

# How a guest is built, whatever the command line says about host programs.
_GUEST = {
    "//command_line_option:collect_code_coverage": False,
    "//command_line_option:copt": [],
    "//command_line_option:features": [],
    "//command_line_option:linkopt": [],
    "//command_line_option:platforms": [Label("//platforms:xen_pv")],
    "//command_line_option:strip": "never",  # atman_kernel does it, and keeps what it strips off
}

def _guest_impl(_settings, _attr):
    return _GUEST

guest_transition = transition(
    implementation = _guest_impl,
    inputs = [],
    outputs = _GUEST.keys(),
)
