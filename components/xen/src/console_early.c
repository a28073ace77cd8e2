/* SPDX-License-Identifier: ISC */
/* A file of its own: who has the ring does not need it, and who needs it has no ring yet. */

#include <atman/xen/console.h>

#include <atman/xen/hypercall.h>

at_status at_xen_console_early_write(const char *text, size_t size)
{
    if (size > INT32_MAX)
        return AT_TOO_BIG;
    return at_xen_status(at_xen_console_io(CONSOLEIO_write, (unsigned)size, (char *)text));
}
