/* SPDX-License-Identifier: ISC */
/* From Xen's entry to main(), and from main()'s status to the end of the domain. */

#include "arguments.h"
#include "internal.h"

#include <stdlib.h>

#include <atman/guest.h>
#include <atman/libc/arguments.h>
#include <atman/libc/exit.h>
#include <atman/xen/domain.h>

/* The application's. Declared here because no header may declare it for others. */
int main(int argc, char **argv);

const start_info_t *at_xen_pv_start_info;
char *at_libc_arguments[AT_XEN_PV_ARGUMENTS_MAX + 1];

/* Called by entry.S only, on the boot stack, with the start info page in the builder's mapping. */
AT_NORETURN void at_xen_pv_start(const start_info_t *boot_info);

AT_NORETURN void at_xen_pv_start(const start_info_t *boot_info)
{
    static char name[] = "atman"; /* Xen tells a guest its command line, not its image's name */

    at_xen_pv_protect_image(boot_info);
    at_xen_pv_install_traps();
    at_xen_pv_console_start();
    at_libc_arguments[0] = name;
    exit(main(at_xen_pv_arguments(at_libc_arguments, (char *)at_xen_pv_start_info->cmd_line), at_libc_arguments));
}

void (*at_xen_pv_last_words)(void);

/* What a status of 0 means. */
static unsigned end = SHUTDOWN_poweroff;

static AT_NORETURN void shut_down(unsigned reason)
{
    at_xen_pv_console_drain();
    for (;;)
        at_xen_domain_shutdown(reason);
}

AT_NORETURN void at_xen_pv_crash(void)
{
    if (at_xen_pv_last_words != NULL)
        at_xen_pv_last_words();
    shut_down(SHUTDOWN_crash);
}

/* Writes a status as decimal digits. */
static void write_decimal(int value)
{
    char text[12];
    unsigned rest = value < 0 ? 0u - (unsigned)value : (unsigned)value;
    char *first = text + sizeof(text) - 1;

    *first = '\0';
    do
        *--first = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (value < 0)
        *--first = '-';
    at_xen_pv_write(first);
}

AT_NORETURN void at_guest_reboot(void)
{
    end = SHUTDOWN_reboot;
    exit(0);
}

/* Reason poweroff or reboot for status 0; crash for any other, with a line that names it. */
AT_NORETURN void at_libc_exit(int status)
{
    if (status != 0) {
        at_xen_pv_write("atman: exit status ");
        write_decimal(status);
        at_xen_pv_write("\n");
        at_xen_pv_crash();
    }
    shut_down(end);
}
