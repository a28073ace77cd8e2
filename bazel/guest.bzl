# SPDX-License-Identifier: ISC
"""guest_transition: to how everything is built that runs on Xen; counted_guest_transition: to how a host tests it."""

# How a guest is built, whatever the command line says about host programs.
_GUEST = {
    "//command_line_option:collect_code_coverage": False,
    "//command_line_option:features": [],
    "//command_line_option:linkopt": [],
    "//command_line_option:platforms": [Label("//platforms:xen_pv")],
    "//command_line_option:strip": "never",  # atman_kernel does it, and keeps what it strips off
}

_COPT = "//command_line_option:copt"
_FEATURES = "//command_line_option:features"

def _guest_impl(settings, _attr):
    # What chooses between builds of a component goes for guests as well: --copt=-DAT_MM_HEAP_CHECK=2.
    return dict(_GUEST, **{_COPT: [option for option in settings[_COPT] if option.startswith("-DAT_")]})

guest_transition = transition(
    implementation = _guest_impl,
    inputs = [_COPT],
    outputs = _GUEST.keys() + [_COPT],
)

def _counted_guest_impl(settings, attr):
    # What of the command line's features is the guest's: the one by which `atman coverage` has its code counted.
    return dict(_guest_impl(settings, attr), **{_FEATURES: [f for f in settings[_FEATURES] if f == "counted"]})

counted_guest_transition = transition(
    implementation = _counted_guest_impl,
    inputs = [_COPT, _FEATURES],
    outputs = _GUEST.keys() + [_COPT],
)
