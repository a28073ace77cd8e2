/* SPDX-License-Identifier: ISC */

#include <atman/xenstore/xenbus.h>

#include <atman/base/bits.h>

const char *at_xenbus_state_name(enum at_xenbus_state state)
{
    static const char names[][14] = {"Unknown", "Initialising", "InitWait",      "Initialised", "Connected",
                                     "Closing", "Closed",       "Reconfiguring", "Reconfigured"};

    return (unsigned)state < AT_COUNT_OF(names) ? names[state] : names[0];
}
